// What axe says of a page, and which looks are new: [told, new].
// Contrast is axe's slow rule, and looks repeat: what has the same classes and states up
// to the root was judged already; the numbers given are what is known of earlier pages.
async (known) => {
  const seen = new Set(known), news = [];
  const states = ['class', 'type', 'scope', 'data-state', 'aria-current', 'aria-invalid',
    'aria-pressed', 'disabled', 'open', 'hidden'];
  const looks = new Map([[document, 17]]);
  const look = (it) => {
    if (!looks.has(it)) {
      let sum = look(it.parentNode);
      const told = it.nodeName + states.map((name) => it.getAttribute(name));
      for (const letter of told) sum = (Math.imul(sum, 31) + letter.codePointAt(0)) | 0;
      looks.set(it, sum);
    }
    return looks.get(it);
  };
  for (const it of document.querySelectorAll('body *')) {
    const says = [...it.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!says && !it.matches('textarea, select, input:not([type=checkbox], [type=radio])')) continue;
    if (!it.checkVisibility() || seen.has(look(it))) continue;
    seen.add(look(it));
    news.push(look(it));
    it.setAttribute('data-new', '');
  }
  const contrast = 'color-contrast';
  const off = ['region', 'heading-order', 'landmark-unique', 'landmark-one-main'];
  axe.configure({rules: [
    {id: contrast, selector: '[data-new]'},
    ...off.map((id) => ({id, enabled: false})), // which are never serious
  ]});
  const where = known.length ? {exclude: ['.nav']} : document; // the same on every page
  document.documentElement.dataset.theme = 'light';
  const {violations} = await axe.run(where, {resultTypes: ['violations']});
  const told = violations.filter((each) => ['serious', 'critical'].includes(each.impact))
    .flatMap((each) => each.nodes.slice(0, 3).map(
      (node) => `${each.id} ${node.target} ${node.failureSummary}`));
  // the dark theme has the same boxes, in other colours
  document.documentElement.dataset.theme = 'dark';
  const colour = (text) => {
    const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
    return [r, g, b, a];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
  const ground = (it) => {
    if (!it) return [0, 0, 0];
    const own = colour(getComputedStyle(it).backgroundColor);
    return own[3] === 1 ? own : over(own, ground(it.parentElement));
  };
  const light = (rgb) => [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
    const part = rgb[i] / 255;
    return sum + weight * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  }, 0);
  for (const it of document.querySelectorAll('[data-new]:not(:disabled, :disabled *)')) {
    const style = getComputedStyle(it), below = ground(it);
    const [some, more] = [light(over(colour(style.color), below)), light(below)].sort();
    const ratio = (more + 0.05) / (some + 0.05);
    const big = parseFloat(style.fontSize) >= (style.fontWeight >= 700 ? 18.66 : 24);
    if (ratio < (big ? 3 : 4.5)) told.push(`dark contrast ${ratio} ${it.outerHTML.slice(0, 120)}`);
  }
  return [told, news];
}
