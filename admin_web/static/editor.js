// The XML editor over a text area: CodeMirror in a shadow root, whose style sheets the
// strict Content-Security-Policy lets be. The text area always holds the same text.
"use strict";

const makeEditor = (() => {
  const { EditorState, EditorView, StateEffect, StateField, Decoration, WidgetType, tags } = CodeMirror;

  // --- an error: its line, and the message under it ----------------------------------

  class Message extends WidgetType {
    constructor(text) {
      super();
      this.text = text;
    }

    eq(other) {
      return other.text === this.text;
    }

    toDOM() {
      const place = document.createElement("p");
      place.className = "cm-told";
      place.textContent = this.text;
      return place;
    }
  }

  const setFault = StateEffect.define();
  const fault = StateField.define({
    create: () => Decoration.none,
    update(marks, change) {
      let found = marks.map(change.changes);
      for (const effect of change.effects) {
        if (effect.is(setFault)) found = effect.value ? marksOf(change.state, effect.value) : Decoration.none;
      }
      return found;
    },
    provide: (field) => EditorView.decorations.from(field),
  });

  const lineAt = (state, number) => state.doc.line(Math.max(1, Math.min(number, state.doc.lines)));

  function marksOf(state, { line, text }) {
    const { from, to } = lineAt(state, line);
    return Decoration.set([
      Decoration.line({ class: "cm-bad" }).range(from),
      Decoration.widget({ widget: new Message(text), block: true, side: 1 }).range(to),
    ]);
  }

  // --- looks: the colours of `.code` ---------------------------------------------------

  const looks = EditorView.theme({
    "&": { height: "100%", color: "var(--ink)", backgroundColor: "var(--bg)", font: ".75rem/1.6 var(--mono)" },
    "&.cm-focused": { outline: "none" },
    ".cm-scroller": { font: "inherit", overflow: "auto" },
    ".cm-content": { padding: "var(--s2) 0", caretColor: "var(--ink)" },
    ".cm-gutters": { backgroundColor: "var(--bg)", color: "var(--ink-3)", border: "0" },
    ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
    ".cm-cursor": { borderLeftColor: "var(--ink)" },
    "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { background: "var(--soft)" },
    ".cm-bad": { backgroundColor: "var(--err-soft)", boxShadow: "inset 3px 0 var(--err)" },
    ".cm-told": { margin: "0", padding: ".125rem .5rem .5rem", color: "var(--err)", backgroundColor: "var(--err-soft)", font: "500 var(--t1)/1.45 var(--sans)", whiteSpace: "pre-wrap", maxWidth: "calc(100cqi - 4rem)" },
    // CodeMirror's own marker is an image in a data: address, which the policy forbids
    ".cm-lint-marker-error": { content: "normal", width: ".5rem", height: ".5rem", margin: ".35em auto", borderRadius: "1px", rotate: "45deg", backgroundColor: "var(--err)" },
    ".cm-lintRange-error": { backgroundImage: "none" }, // the line is marked already
    ".cm-xsl": { color: "var(--accent)" },
    ".cm-xsl *": { color: "inherit" },
    ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { backgroundColor: "var(--soft)", outline: "1px solid var(--edge)" },
    ".cm-searchMatch": { backgroundColor: "var(--warn-soft)", outline: "1px solid var(--warn)" },
    ".cm-searchMatch-selected": { backgroundColor: "var(--soft)" },
    ".cm-panels": { color: "var(--ink)", backgroundColor: "var(--bg-2)", borderColor: "var(--line)", font: "var(--t2)/1.5 var(--sans)" },
    ".cm-panel .cm-textfield, .cm-panel .cm-button": { color: "inherit", background: "var(--bg)", border: "1px solid var(--edge)", borderRadius: "var(--r1)", font: "inherit" },
    ".cm-panel label": { font: "inherit" },
    ".cm-panel [name=close]": { color: "inherit" },
    ".cm-tooltip": { color: "var(--ink)", backgroundColor: "var(--bg)", border: "1px solid var(--line)" },
    ".cm-foldPlaceholder": { color: "var(--ink-2)", backgroundColor: "var(--bg-2)", borderColor: "var(--line)" },
  });

  const colours = CodeMirror.HighlightStyle.define([
    { tag: tags.tagName, color: "var(--info)" },
    { tag: tags.attributeValue, color: "var(--ok)" },
    { tag: tags.comment, color: "var(--ink-3)" },
    { tag: [tags.processingInstruction, tags.documentMeta], color: "var(--ink-2)" },
    { tag: tags.invalid, color: "var(--err)" },
  ]);

  const matcher = new CodeMirror.MatchDecorator({ regexp: /(?<=<\/?)xsl:[\w-]+/g, decoration: Decoration.mark({ class: "cm-xsl" }) });
  const xsl = CodeMirror.ViewPlugin.define(
    (view) => ({
      decorations: matcher.createDeco(view),
      update(change) {
        this.decorations = matcher.updateDeco(change, this.decorations);
      },
    }),
    { decorations: (plugin) => plugin.decorations },
  );

  // --- the editor ------------------------------------------------------------------------

  return function make({ place, area, label, phrases, readOnly, changed, execute }) {
    const host = document.createElement("div");
    host.className = "editor-host";
    place.append(host);
    const root = host.attachShadow({ mode: "open" });
    const run = () => (execute(), true);
    const view = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: area().value,
        extensions: [
          CodeMirror.lineNumbers(),
          CodeMirror.lintGutter(),
          CodeMirror.foldGutter(),
          CodeMirror.history(),
          CodeMirror.drawSelection(),
          CodeMirror.indentOnInput(),
          CodeMirror.bracketMatching(),
          CodeMirror.highlightActiveLine(),
          CodeMirror.highlightActiveLineGutter(),
          CodeMirror.xml(),
          CodeMirror.syntaxHighlighting(colours),
          CodeMirror.search({ top: true }),
          CodeMirror.keymap.of([
            { key: "Mod-Enter", run },
            ...CodeMirror.searchKeymap,
            ...CodeMirror.historyKeymap,
            ...CodeMirror.foldKeymap,
            ...CodeMirror.defaultKeymap,
            CodeMirror.indentWithTab,
          ]),
          EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0", spellcheck: "false", autocapitalize: "off" }),
          EditorState.phrases.of(phrases),
          EditorState.readOnly.of(readOnly),
          EditorView.editable.of(!readOnly),
          EditorView.updateListener.of((change) => {
            if (!change.docChanged) return;
            area().value = change.state.doc.toString();
            changed();
          }),
          xsl,
          fault,
          looks,
        ],
      }),
    });

    return {
      text: () => view.state.doc.toString(),
      replace(text) {
        view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
      },
      insert(text) {
        view.dispatch(view.state.replaceSelection(text));
        view.focus();
      },
      mark(line, text) {
        const at = lineAt(view.state, line);
        view.dispatch(CodeMirror.setDiagnostics(view.state, [{ from: at.from, to: at.to, severity: "error", message: text }]));
        view.dispatch({ effects: [setFault.of({ line, text }), EditorView.scrollIntoView(at.from, { y: "center" })] });
      },
      clear() {
        view.dispatch(CodeMirror.setDiagnostics(view.state, []));
        view.dispatch({ effects: setFault.of(null) });
      },
      go(line) {
        const at = lineAt(view.state, line);
        view.dispatch({ selection: { anchor: at.from }, effects: EditorView.scrollIntoView(at.from, { y: "center" }) });
        view.focus();
      },
    };
  };
})();
