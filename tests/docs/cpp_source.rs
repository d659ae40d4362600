//! As much of a C++ parser as it takes to list what a header declares: classes with their public methods, and free
//! functions. Bodies, fields, aliases and what is private, deleted or in another namespace are passed over.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// `(class, function)`, the class empty for a free function and the function empty for the class itself.
pub type Declared = BTreeSet<(String, String)>;

/// What SEAL's public headers declare: those that seal.h includes and those that these do, without `seal/util`.
pub fn public_declarations(include: &Path) -> Declared {
    let mut declared = Declared::new();
    let (mut seen, mut open) = (BTreeSet::new(), vec!["seal/seal.h".to_owned()]);
    while let Some(header) = open.pop() {
        if header.starts_with("seal/util/") || !seen.insert(header.clone()) {
            continue;
        }
        let path = include.join(&header);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let included = text.lines().filter_map(|line| line.strip_prefix("#include \"seal/")?.split('"').next());
        open.extend(included.map(|name| format!("seal/{name}")));
        // Never compiled: `vendor/seal-src` switches it off.
        declared.extend(declarations(&text, "seal", &["SEAL_USE_MSGSL"]));
    }
    declared
}

/// What the header declares in this namespace. Code for an option in `without` is left out.
pub fn declarations(header: &str, namespace: &str, without: &[&str]) -> Declared {
    let text = without_directives(&without_comments(header), without);
    let tokens = tokens(&text);
    let mut parser = Parser { tokens: &tokens, at: 0, namespace, declared: Declared::new() };
    parser.scope(&Scope { class: String::new(), visible: false, public: true });
    parser.declared
}

/// Where a declaration stands.
struct Scope {
    /// With the classes around it, or empty in a namespace.
    class: String,
    /// In the namespace asked for.
    visible: bool,
    /// The access at its beginning.
    public: bool,
}

struct Parser<'a> {
    tokens: &'a [String],
    at: usize,
    namespace: &'a str,
    declared: Declared,
}

impl Parser<'_> {
    /// Reads declarations up to the brace that closes the scope.
    fn scope(&mut self, scope: &Scope) {
        let mut public = scope.public;
        while let Some(token) = self.peek() {
            match token {
                "}" => return,
                "public" | "private" | "protected" if self.ahead(1) == ":" => {
                    public = token == "public";
                    self.at += 2;
                }
                "namespace" => self.namespace(scope),
                _ => self.declaration(scope, public),
            }
        }
    }

    fn namespace(&mut self, outer: &Scope) {
        let name = self.ahead(1).to_owned();
        self.at += if name == "{" { 1 } else { 2 };
        let visible = outer.visible == name.is_empty() && name == self.namespace && !outer.visible;
        self.inside(&Scope { class: String::new(), visible, public: true });
    }

    /// From the brace that opens a scope to behind the one that closes it.
    fn inside(&mut self, scope: &Scope) {
        self.at += 1;
        self.scope(scope);
        self.at += 1;
    }

    /// One declaration, up to its `;` or the end of its body.
    fn declaration(&mut self, scope: &Scope, public: bool) {
        let visible = scope.visible && public;
        let start = self.at;
        // What precedes the first parenthesis or brace, arguments of templates left out.
        let mut head: Vec<&str> = Vec::new();
        let tokens = self.tokens;
        while let Some(token) = tokens.get(self.at).map(String::as_str) {
            match token {
                "template" => {
                    self.at += 1;
                    self.skip_angles();
                    continue;
                }
                "<" if !head.contains(&"operator") => {
                    self.skip_angles();
                    continue;
                }
                ";" => {
                    self.at += 1;
                    return;
                }
                "static_assert" => {
                    self.skip_to_semicolon();
                    return;
                }
                // A note for static analysers, such as _Acquires_lock_(x).
                _ if token.starts_with('_') && self.ahead(1) == "(" => {
                    self.at += 1;
                    self.skip_balanced();
                    continue;
                }
                // The value of a field or an alias.
                "=" if !head.contains(&"operator") => {
                    self.skip_to_semicolon();
                    return;
                }
                "(" if head.last() != Some(&"operator") => break,
                "{" => break,
                _ => head.push(token),
            }
            self.at += 1;
        }
        let kind = head.iter().position(|token| ["class", "struct", "enum", "union"].contains(token));
        if self.peek() == Some("{") || head.is_empty() {
            match kind {
                Some(kind) => self.class(&head[kind..], scope, visible),
                None if self.at > start => self.skip_balanced(),
                None => self.at += 1,
            }
            self.after_class(kind.is_some());
            return;
        }
        self.function(&head, scope, visible);
    }

    /// `class Name : Base {`, the brace ahead.
    fn class(&mut self, head: &[&str], scope: &Scope, visible: bool) {
        let name = match head {
            ["enum", "class", name, ..] => name,
            [_, name, ..] => name,
            _ => "",
        };
        let class = match scope.class.as_str() {
            "" => name.to_owned(),
            outer => format!("{outer}::{name}"),
        };
        if visible {
            self.declared.insert((class.clone(), String::new()));
        }
        match head[0] {
            "enum" => self.skip_balanced(),
            kind => self.inside(&Scope { class, visible, public: kind != "class" }),
        }
    }

    fn after_class(&mut self, is_class: bool) {
        if is_class {
            self.skip_to_semicolon();
        } else if self.peek() == Some(";") {
            self.at += 1;
        }
    }

    /// The parenthesis of the arguments is ahead.
    fn function(&mut self, head: &[&str], scope: &Scope, visible: bool) {
        let name = match head.iter().position(|&token| token == "operator") {
            Some(operator) => {
                let converts = head[operator + 1].starts_with(char::is_alphabetic);
                format!("operator{}{}", if converts { " " } else { "" }, head[operator + 1..].concat())
            }
            None => head.last().copied().unwrap_or_default().to_owned(),
        };
        let unnamed = head.contains(&"friend") || head.contains(&"~") || head.contains(&"typedef");
        self.skip_balanced();
        let mut deleted = false;
        while let Some(token) = self.peek() {
            match token {
                ";" => {
                    self.at += 1;
                    break;
                }
                "{" => {
                    self.skip_balanced();
                    break;
                }
                ":" => self.initialisers(),
                "(" => self.skip_balanced(),
                "delete" => {
                    deleted = true;
                    self.at += 1;
                }
                _ => self.at += 1,
            }
        }
        if visible && !unnamed && !deleted {
            self.declared.insert((scope.class.clone(), name));
        }
    }

    /// `: field(value), other{value}`, the body ahead at the end.
    fn initialisers(&mut self) {
        loop {
            self.at += 1; // the colon or the comma
            while self.peek().is_some_and(|token| token != "(" && token != "{") {
                self.at += 1;
            }
            self.skip_balanced();
            if self.peek() != Some(",") {
                return;
            }
        }
    }

    /// To behind the bracket that closes the one ahead.
    fn skip_balanced(&mut self) {
        let mut open = 0;
        while let Some(token) = self.peek() {
            match token {
                "(" | "{" | "[" => open += 1,
                ")" | "}" | "]" => open -= 1,
                _ => {}
            }
            self.at += 1;
            if open <= 0 {
                return;
            }
        }
    }

    /// To behind the `>` that closes the `<` ahead.
    fn skip_angles(&mut self) {
        let mut open = 0;
        while let Some(token) = self.peek() {
            match token {
                "<" => open += 1,
                ">" => open -= 1,
                "(" => {
                    self.skip_balanced();
                    continue;
                }
                _ => {}
            }
            self.at += 1;
            if open <= 0 {
                return;
            }
        }
    }

    fn skip_to_semicolon(&mut self) {
        while let Some(token) = self.peek() {
            match token {
                ";" => {
                    self.at += 1;
                    return;
                }
                "(" | "{" | "[" => self.skip_balanced(),
                _ => self.at += 1,
            }
        }
    }

    fn peek(&self) -> Option<&str> {
        self.tokens.get(self.at).map(String::as_str)
    }

    fn ahead(&self, count: usize) -> &str {
        self.tokens.get(self.at + count).map_or("", String::as_str)
    }
}

/// Words, `::`, and single signs; strings and characters are left out.
fn tokens(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let length = if next.is_alphanumeric() || next == '_' {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else if next == '"' {
            quoted(rest)
        } else {
            next.len_utf8()
        };
        if !next.is_whitespace() && next != '"' {
            found.push(rest[..length].to_owned());
        }
        rest = &rest[length..];
    }
    found
}

fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if c == '"' && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    rest.len()
}

fn without_comments(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    loop {
        let line = rest.find("//").unwrap_or(rest.len());
        let block = rest.find("/*").unwrap_or(rest.len());
        let start = line.min(block);
        kept.push_str(&rest[..start]);
        if start == rest.len() {
            return kept;
        }
        let end = if line < block { "\n" } else { "*/" };
        let skipped = &rest[start..];
        rest = match (skipped.find(end), end) {
            (Some(at), "\n") => &skipped[at..],
            (Some(at), _) => &skipped[at + end.len()..],
            (None, _) => "",
        };
    }
}

/// The code outside `#ifdef OPTION` ... `#endif` for the options that are left out; of other choices, all branches.
fn without_directives(text: &str, without: &[&str]) -> String {
    let mut kept = String::new();
    let mut open: Vec<bool> = Vec::new(); // for each condition, whether it is one of those
    let mut continued = false;
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_directive = words.first().is_some_and(|word| word.starts_with('#'));
        match words.as_slice() {
            ["#ifdef", option, ..] => open.push(without.contains(option)),
            ["#if" | "#ifndef", ..] => open.push(false),
            ["#endif", ..] => drop(open.pop()),
            _ if is_directive || continued || open.contains(&true) => {}
            _ => {
                kept.push_str(line);
                kept.push('\n');
            }
        }
        continued = (is_directive || continued) && line.ends_with('\\');
    }
    kept
}

#[test]
fn declarations_are_found_and_nothing_else() {
    let header = r#"
        #pragma once
        #define MACRO(x) \
            void not_a_function(x);
        namespace std { template <> struct hash<seal::Id> { int operator()(int) const; }; }
        namespace seal {
            class Forward;
            enum class Kind : int { a = 1, b };
            using Alias = std::vector<int>;
            constexpr int limit = 3;
            /* void comment(); */
            NODISCARD inline bool free_function(const Thing &x, int y = f(3)) { return "}" == x; }
            namespace util { void hidden(); }
            template <typename T, typename = std::enable_if_t<(2 > 1)>>
            class Thing : public Base<int>
            {
                friend class Other;
                int secret();
            public:
                struct Inner { int field = 1; void of_inner(); };
                Thing(int x) : a_(x), b_([&]() { return x; }()), c_{ 1 } {}
                explicit Thing(const Thing &) = default;
                Thing(Thing &&) = delete;
                ~Thing() {}
                NODISCARD auto method(std::vector<int> v = {}) const noexcept -> std::vector<int> { if (v) { return v; } }
                Thing &operator=(const Thing &assign);
                bool operator==(const Thing &) const { return true; }
                operator bool() const;
                static_assert(sizeof(int) == 4, "");
                _Acquires_lock_(mutex_)
                    inline void lock() noexcept;
                int &operator[](int i);
                static const int constant = 4;
        #ifdef SPAN
                void span();
        #endif
                friend bool friendly(Thing);
            private:
                void other_secret() {}
                int a_ = g(3);
            };
        }
    "#;
    let found: Vec<String> = declarations(header, "seal", &["SPAN"])
        .into_iter()
        .map(|(class, function)| format!("{class}.{function}"))
        .collect();
    assert_eq!(
        found,
        [
            ".free_function",
            "Kind.",
            "Thing.",
            "Thing.Thing",
            "Thing.lock",
            "Thing.method",
            "Thing.operator bool",
            "Thing.operator=",
            "Thing.operator==",
            "Thing.operator[]",
            "Thing::Inner.",
            "Thing::Inner.of_inner",
        ]
    );
}
