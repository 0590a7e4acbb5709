//! The pages for users: what their tables promise stands in their code, and that is compiled with
//! the documentation.

/// The lines that readers see of the Rust code of a page, without white space.
fn code(page: &str) -> String {
    let mut code = String::new();
    let mut is_code = false;
    for line in page.lines() {
        match line {
            "```rust" => is_code = true,
            "```" => is_code = false,
            _ if is_code && !line.starts_with("# ") => code.extend(line.split_whitespace()),
            _ => {}
        }
    }
    code
}

/// What is written as code in a row of a table, but for the first column, without white space.
fn promised(row: &str) -> Vec<String> {
    // A bar of a closure is escaped, for it is no border.
    let row = row.replace("\\|", "\u{0}");
    let cells = row.split('|').skip(2);
    cells
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .map(|span| span.split_whitespace().collect::<String>())
        .map(|span| span.replace('\u{0}', "|"))
        .collect()
}

#[test]
fn what_the_tables_promise_is_compiled() {
    let page = include_str!("../../../../docs/coming-from-socketio.md");
    let code = code(page);
    let rows = page.lines().filter(|line| line.starts_with("| "));
    let missing: Vec<_> = rows
        .flat_map(promised)
        .filter(|it| !code.contains(it))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}
