//! A Rust file, and the part of it that is code.

/// A Rust file of the workspace.
pub(crate) struct Source {
    /// Its path, relative to the root.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
    /// Its text with comments and literals blanked out, line by line in the same places.
    pub(crate) code: String,
}

impl Source {
    /// A file's text, split into code and the rest.
    pub(crate) fn new(path: &str, text: String) -> Self {
        let code = code_of(&text);
        Self {
            path: path.to_owned(),
            text,
            code,
        }
    }

    /// The number of the first line whose code has this identifier.
    pub(crate) fn line_of(&self, word: &str) -> Option<usize> {
        let found = self
            .code
            .lines()
            .position(|line| words(line).any(|found| found == word));
        found.map(|index| index + 1)
    }

    /// The number of the first line that names something in this crate: `word::…`, `use word`.
    pub(crate) fn line_of_crate(&self, word: &str) -> Option<usize> {
        let (path, import) = (format!("{word}::"), format!("use {word}"));
        let names = |line: &str| {
            words(line).any(|found| found == word)
                && (line.contains(&path) || line.contains(&import))
        };
        self.code.lines().position(names).map(|index| index + 1)
    }
}

/// The identifiers and keywords in some code.
fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
}

/// Blanks comments, strings and characters; what is left has the same lines.
fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = comment(rest)
            .or_else(|| raw_string(rest))
            .or_else(|| literal(rest));
        if let Some(length) = skipped {
            code.extend(
                rest[..length]
                    .chars()
                    .map(|c| if c == '\n' { '\n' } else { ' ' }),
            );
            rest = &rest[length..];
        } else {
            // A whole word at once, so that the end of `for` is not taken for a raw string's `r`.
            let word = rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                .unwrap_or(rest.len());
            let length = word.max(first.len_utf8());
            code.push_str(&rest[..length]);
            rest = &rest[length..];
        }
    }
    code
}

/// The length of the comment at the start; block comments nest.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if !text.starts_with("/*") {
        return None;
    }
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        match text.as_bytes().get(at..at + 2) {
            Some(b"/*") => (depth, at) = (depth + 1, at + 2),
            Some(b"*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return Some(at);
        }
    }
    Some(text.len())
}

/// The length of the raw string at the start: `r"…"`, `br#"…"#`, `cr"…"`.
fn raw_string(text: &str) -> Option<usize> {
    let after = ["r", "br", "cr"].iter().find_map(|prefix| {
        text.strip_prefix(prefix)
            .filter(|rest| rest.starts_with(['"', '#']))
    })?;
    let content = after.trim_start_matches('#');
    let hashes = after.len() - content.len();
    let content = content.strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let start = text.len() - content.len();
    Some(
        content
            .find(&end)
            .map_or(text.len(), |found| start + found + end.len()),
    )
}

/// The length of the string or character at the start; a lifetime is neither.
fn literal(text: &str) -> Option<usize> {
    let quote = text
        .chars()
        .next()
        .filter(|quote| matches!(quote, '"' | '\''))?;
    if quote == '\'' && !is_character(text) {
        return None;
    }
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        if c == '\\' {
            chars.next();
        } else if c == quote {
            return Some(at + 1);
        }
    }
    Some(text.len())
}

/// `'a'` and `'\n'` are characters, `'a` is a lifetime.
fn is_character(text: &str) -> bool {
    let mut chars = text.chars().skip(1);
    chars.next() == Some('\\') || chars.next() == Some('\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_no_code() {
        let cases = [
            ("a // unsafe\nb", "a          \nb"),
            ("a /* x /* y */ z */ b", "a                   b"),
            (r#"f("unsafe \" x") + 1"#, "f(             ) + 1"),
            ("f(r#\"a \" b\"#, 2)", "f(          , 2)"),
            ("for x in 'a'..='\\'' {}", "for x in    ..=     {}"),
            ("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}"),
            ("var\"x\"", "var   "),
        ];
        for (text, code) in cases {
            assert_eq!(code_of(text), code, "{text}");
        }
    }

    #[test]
    fn a_word_is_found_in_code_only() {
        let source = Source::new(
            "x.rs",
            "// unsafe\nlet unsafe_x = 1;\nunsafe { f() }\n".into(),
        );
        assert_eq!(source.line_of("unsafe"), Some(3));
        assert_eq!(source.line_of("Instant"), None);
    }

    #[test]
    fn a_crate_is_named_by_its_path_or_import() {
        let line = |text: &str| Source::new("x.rs", text.to_owned()).line_of_crate("aya");
        assert_eq!(line("\nuse aya::maps;"), Some(2));
        assert_eq!(line("let x = aya::Ebpf::load();"), Some(1));
        assert_eq!(line("use aya as kernel;"), Some(1));
        assert_eq!(line("use aya_ebpf::maps;"), None);
        assert_eq!(line("let aya = 1;"), None);
    }
}
