//! The language of an answer for people: what `Accept-Language` asks for, of the two that there are.

use axum::http::{HeaderMap, HeaderValue, header};

/// A language that answers are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// Bahasa Indonesia.
    Id,
    /// English; also for programs, which ask for nothing.
    En,
}

impl Language {
    /// The one of ours that is wanted most (RFC 9110, 12.5.4).
    pub(crate) fn asked(headers: &HeaderMap) -> Self {
        let header = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let mut best = (Self::En, 0.0);
        for range in header.unwrap_or_default().split(',') {
            let (tag, quality) = range.split_once(';').unwrap_or((range, ""));
            let quality = quality.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.parse::<f32>().ok());
            let primary = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
            let language = match primary.as_str() {
                // `in` is what Indonesian was called until 1989, and what old Java still says.
                "id" | "in" => Self::Id,
                "en" => Self::En,
                _ => continue,
            };
            if let Some(quality) = quality.filter(|quality| *quality > best.1 && *quality <= 1.0) {
                best = (language, quality);
            }
        }
        best.0
    }

    /// As `Content-Language` says it.
    pub(crate) const fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Id => "id",
            Self::En => "en",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_wanted_most_is_taken() {
        let asked = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(text));
            Language::asked(&headers)
        };
        assert_eq!(Language::asked(&HeaderMap::new()), Language::En);
        for (text, language) in [
            ("id", Language::Id),
            ("id-ID,id;q=0.9,en-US;q=0.8", Language::Id),
            ("en;q=0.5, id;q=0.7", Language::Id),
            ("en, id", Language::En),
            ("fr, id;q=0.1", Language::Id),
            ("id;q=0", Language::En),
            ("fr", Language::En),
            ("id;q=banyak", Language::En),
        ] {
            assert_eq!(asked(text), language, "{text}");
        }
    }
}
