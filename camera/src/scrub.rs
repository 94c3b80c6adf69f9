//! Makes a foreign error text fit for a log: one line, bounded, no address and no secret.

/// Longest detail, characters.
const MAX: usize = 200;

/// The first line of `text`, with URLs replaced and every one of `secrets` struck out.
pub(crate) fn scrub(text: &str, secrets: &[&str]) -> String {
    let first = text.lines().next().unwrap_or_default();
    let mut line: String = first.chars().filter(|c| *c == '\t' || !c.is_control()).collect();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        line = line.replace(secret, "***");
    }
    let words = line.split_whitespace().map(|word| if word.contains("://") { "<url>" } else { word });
    let mut out = String::new();
    for word in words {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out.chars().take(MAX).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn urls_and_secrets_are_struck_out() {
        let text = "bad url rtsp://h/user=admin&password=hunter2, user admin pw hunter2\n\nconn: 10.0.0.1";
        assert_eq!(scrub(text, &["hunter2", "admin"]), "bad url <url> user *** pw ***");
    }

    proptest! {
        #[test]
        fn no_secret_survives(before in ".{0,40}", secret in "[a-zA-Z0-9!$&=/]{6,20}", after in ".{0,300}") {
            let out = scrub(&format!("{before}{secret}{after} rtsp://x/{secret}"), &[&secret]);
            prop_assert!(!out.contains(&secret));
            prop_assert!(out.chars().count() <= MAX);
        }
    }
}
