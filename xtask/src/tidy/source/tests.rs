//! Tests of the scan.

use super::*;

fn code(text: &str) -> String {
    Source::read(text).code
}

#[test]
fn comments_and_strings_hide_what_is_in_them() {
    assert_eq!(code("a // b\nc").replace(' ', ""), "a\nc");
    assert_eq!(code("a /* b /* c */ d */ e").replace(' ', ""), "ae");
    assert_eq!(code(r#"a("b\"c") + d"#).replace(' ', ""), "a()+d");
    assert_eq!(code(r##"a(r#"b"c"#) + br"d" + e"##).replace(' ', ""), "a(r)+br+e");
    assert_eq!(code(r#"a("// b", "/* c") + d"#).replace(' ', ""), "a(,)+d");
}

#[test]
fn characters_are_told_from_lifetimes() {
    assert_eq!(code(r#"x('"', '\'', '\\', b'"', 'é', '{') + y"#).replace(' ', ""), "x(,,,b,,)+y");
    assert_eq!(code("fn a<'b>(c: &'b str) -> &'b str {}"), "fn a<'b>(c: &'b str) -> &'b str {}");
}

#[test]
fn raw_names_are_not_raw_strings() {
    assert_eq!(code("r#type + \"x\" + y").replace(' ', ""), "r#type++y");
}

#[test]
fn lines_stay_where_they_are() {
    let text = "a\n/* b\n c é */\n\"d\n e\"\nf";
    let source = Source::read(text);
    assert_eq!(source.code.lines().count(), text.lines().count());
    assert_eq!(source.comments.lines().nth(2).map(str::trim), Some("c é */"));
    assert_eq!(source.code.lines().nth(5), Some("f"));
}

#[test]
fn functions_are_found_with_their_lines() {
    let source = Source::read(
        "fn one() {}\ntrait T {\n    fn none(&self, x: [u8; 4]);\n}\npub async fn two(\n    x: fn (u8),\n) -> [u8; { 3 }]\n\
         {\n    fn inner() {\n        \"}\";\n    }\n}\nmacro_rules! m { () => { fn $name() {} } }\n",
    );
    let found: Vec<(String, usize, usize)> =
        source.functions().into_iter().map(|f| (f.name, *f.lines.start(), *f.lines.end())).collect();
    assert_eq!(found, [("one".into(), 1, 1), ("two".into(), 5, 12), ("inner".into(), 9, 11)]);
}

#[test]
fn modules_for_tests_are_found() {
    let source = Source::read(
        "fn a() {}\n\n#[cfg(test)]\n#[allow(dead_code)]\nmod tests {\n    fn b() {}\n}\n#[cfg(test)]\nmod far;\n\
         #[cfg(test)]\nfn c() {}\n",
    );
    assert_eq!(source.test_modules(), [3..=7]);
}
