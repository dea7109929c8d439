import json

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from source_reading import body, described, refusal, source

from gateway.convert.source.json_ import read_json


def value(element):
    """Return what an element of the documented shape stands for."""
    kind = element.get("type", "string")
    if kind == "object":
        return {child.get("key", child.tag): value(child) for child in element}
    if kind == "array":
        return [value(child) for child in element]
    text = element.text or ""
    return {
        "string": lambda: text,
        "number": lambda: json.loads(text),
        "boolean": lambda: text == "true",
        "null": lambda: None,
    }[kind]()


def test_members_are_elements_and_items_are_items():
    assert body(
        '{"order": {"номер": "A1", "lines": [{"q": 1.50}, true, null, ""]}}'
    ) == (
        '<json type="object"><order type="object"><номер>A1</номер><lines type="array">'
        '<item type="object"><q type="number">1.50</q></item>'
        '<item type="boolean">true</item><item type="null"/><item/>'
        "</lines></order></json>"
    )


def test_a_key_that_is_no_xml_name_is_an_attribute():
    assert body(r'{"a b":1,"":2,"x:y":3,"1a":4,"<\n\"&":5,"日":6}') == (
        '<json type="object"><member key="a b" type="number">1</member>'
        '<member key="" type="number">2</member>'
        '<member key="x:y" type="number">3</member>'
        '<member key="1a" type="number">4</member>'
        '<member key="&lt;&#10;&quot;&amp;" type="number">5</member>'
        '<member key="日" type="number">6</member></json>'
    )


def test_a_number_keeps_its_text():
    for number in ("1.50", "-0", "1e400", "12345678901234567890123", "-1E-07"):
        assert body(number, "a.json") == f'<json type="number">{number}</json>'


def test_what_xml_cannot_hold_is_replaced_and_told():
    read = source('[\n"\\u0001\\r\\ud800 \\ud83d\\ude00"]')
    assert "<item>\ufffd&#13;\ufffd 😀</item>" in read.xml.decode()
    (warning,) = read.warnings
    assert warning == (
        "The character U+0001 in line 2 and 1 more: XML cannot hold it; "
        "replaced by U+FFFD."
    )
    many = source("[" + ",".join(['"\\u0001"'] * 150) + "]").warnings
    assert (len(many), many[-1]) == (101, "50 more warnings")


def test_what_is_no_json_names_its_line():
    for data, line, says in [
        ('{\n"a": 1,\n"a": 2}', 3, "the key 'a' stands twice in one object"),
        ("[\nNaN]", 2, "'NaN]' is no JSON value"),
        ("[-Infinity]", 1, "is no JSON value"),
        ("[1,\n]", 2, "']' is no JSON value"),
        ("[01]", 1, "'01]' is no JSON value"),
        ("[1.]", 1, "is no JSON value"),
        ("[1 2]", 1, "a comma or ] is missing before '2]'"),
        ('{"a" 1}', 1, "a colon is missing after the key 'a'"),
        ("{a: 1}", 1, "a key in quotation marks is missing at 'a: 1}'"),
        ('{"a": 1,}', 1, "a key in quotation marks is missing at '}'"),
        ('{"a": 1', 1, "a comma or } is missing before the end"),
        ('["x', 1, "a text is broken: unterminated string"),
        ('["\\x"]', 1, "a text is broken: invalid"),
        ('["\n"]', 1, "a text is broken: invalid control character"),
        ("[1]\n[2]", 2, "something follows the end of the JSON value"),
        ("", 1, "the end is no JSON value"),
    ]:
        problem = refusal(data, "a.json")
        assert (problem.code, problem.line) == ("json-syntax", line), data
        assert says in problem.message, data


def test_depth_is_bounded_without_recursion():
    assert body("[" * 50 + "]" * 50).count("<item") == 49
    deep = refusal("[\n" * 100_000, "a.json")
    assert (deep.line, "more than 50 deep" in deep.message) == (51, True)


texts = st.text(
    st.characters(codec="utf-8", exclude_characters="\ufffe\uffff"), max_size=5
)
texts = texts.filter(lambda text: text.isprintable() or text in {"\n", "\r", "\t"})
scalars = st.none() | st.booleans() | st.integers() | texts
documents = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=40)
@given(documents)
def test_every_value_can_be_told_from_its_xml(document):
    xml = read_json(json.dumps(document).encode(), described()).xml
    assert value(etree.fromstring(xml)) == document
