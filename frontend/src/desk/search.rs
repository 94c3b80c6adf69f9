//! Finding a camera by what people call it: its number, id, name, place, or its agency's other names.
//!
//! Letters are compared without case and diacritics. Every word that is typed must be found; a word that begins with
//! it goes before one that only contains it, and a camera's own name before that of its place.

use pantau_schemas::ids::DeviceId;
use pantau_schemas::order;
use pantau_schemas::registry::{CameraNumber, DeviceClass, Registry};

/// Most hits that are listed: whoever gets more types one letter more.
pub const MAX_HITS: usize = 200;

/// A camera as it is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// Its number, if it has one.
    pub number: Option<CameraNumber>,
    /// Its identity.
    pub id: DeviceId,
    /// Its name.
    pub name: String,
    /// The name of its place.
    pub site: String,
    /// Its words, folded.
    folded: Folded,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Folded {
    id: String,
    name: String,
    place: Vec<String>,
}

/// How well a word fits; the smaller, the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Number,
    Id,
    NameBegins,
    WordBegins,
    IdBegins,
    PlaceBegins,
    NumberBegins,
    NameContains,
    IdContains,
    PlaceContains,
}

/// All cameras of a registry, by number, those without one last.
#[must_use]
pub fn cards(registry: &Registry) -> Vec<Card> {
    let mut numbers: Vec<(CameraNumber, DeviceId)> = registry.camera_numbers().into_iter().collect();
    order::sort_by(&mut numbers, |(_, a), (_, b)| a.cmp(b));
    let number = |camera: &DeviceId| {
        let at = numbers.binary_search_by(|(_, known)| known.cmp(camera)).ok()?;
        numbers.get(at).map(|(number, _)| *number)
    };
    let cameras = registry.devices.values().filter(|device| device.class == DeviceClass::Camera);
    let mut cards: Vec<Card> = cameras
        .map(|device| {
            let site = registry.sites.get(&device.site);
            let agency = site.and_then(|site| registry.agencies.get(site.agency.as_ref()?));
            let category = device.camera.as_ref().and_then(|facts| facts.category.as_ref());
            let place = site
                .into_iter()
                .flat_map(|site| [Some(&site.name), site.category.as_ref()].into_iter().flatten());
            let agency =
                agency.into_iter().flat_map(|agency| [&agency.name].into_iter().chain(&agency.aliases));
            let words = place.chain(category).chain(agency).map(|text| fold(text));
            Card {
                number: number(&device.id),
                id: device.id.clone(),
                name: device.name.clone(),
                site: site.map(|site| site.name.clone()).unwrap_or_default(),
                folded: Folded {
                    id: fold(device.id.as_str()),
                    name: fold(&device.name),
                    place: words.chain([fold(device.site.as_str())]).collect(),
                },
            }
        })
        .collect();
    order::sort_by_key(&mut cards, |card| (card.number.is_none(), card.number, card.id.clone()));
    cards
}

/// The cards that fit, best first, at most [`MAX_HITS`], and how many fit in all. Nothing typed fits all, by number.
#[must_use]
pub fn find(cards: &[Card], typed: &str) -> (Vec<Card>, usize) {
    let typed = fold(typed);
    let words: Vec<&str> = typed.split_whitespace().collect();
    let mut hits: Vec<(Vec<Fit>, &Card)> = cards
        .iter()
        .filter_map(|card| {
            let mut fits = words.iter().map(|word| card.fit(word)).collect::<Option<Vec<Fit>>>()?;
            // The worst word first: a camera is as well found as its worst word.
            order::sort_by(&mut fits, |a, b| b.cmp(a));
            Some((fits, card))
        })
        .collect();
    order::sort_by(&mut hits, |(a, _), (b, _)| a.cmp(b));
    let count = hits.len();
    (hits.into_iter().take(MAX_HITS).map(|(_, card)| card.clone()).collect(), count)
}

/// The one camera that is meant: the one of this number, id or name, else the only one that fits. `None` for nobody, and
/// for several.
#[must_use]
pub fn one<'a>(cards: &'a [Card], typed: &str) -> Option<&'a Card> {
    let typed = fold(typed);
    let typed = typed.trim();
    if typed.is_empty() {
        return None;
    }
    let of_number = |card: &&Card| {
        let number = card.number.map(|number| number.to_string());
        number.is_some_and(|number| number == typed.trim_start_matches('0'))
    };
    let mut named = cards.iter().filter(|card| card.folded.id == typed || card.folded.name == typed);
    let words: Vec<&str> = typed.split_whitespace().collect();
    let mut fitting = cards.iter().filter(|card| words.iter().all(|word| card.fit(word).is_some()));
    let only = |cards: &mut dyn Iterator<Item = &'a Card>| {
        let first = cards.next()?;
        cards.next().is_none().then_some(first)
    };
    cards.iter().find(of_number).or_else(|| only(&mut named)).or_else(|| only(&mut fitting))
}

impl Card {
    fn fit(&self, word: &str) -> Option<Fit> {
        let number = self.number.map(|number| number.to_string()).unwrap_or_default();
        let Folded { id, name, place } = &self.folded;
        let fits = [
            (Fit::Number, number == word.trim_start_matches('0') && !number.is_empty()),
            (Fit::Id, id == word),
            (Fit::NameBegins, name.starts_with(word)),
            (Fit::WordBegins, a_word_begins(name, word)),
            (Fit::IdBegins, a_word_begins(id, word)),
            (Fit::PlaceBegins, place.iter().any(|text| a_word_begins(text, word))),
            (Fit::NumberBegins, number.starts_with(word)),
            (Fit::NameContains, name.contains(word)),
            (Fit::IdContains, id.contains(word)),
            (Fit::PlaceContains, place.iter().any(|text| text.contains(word))),
        ];
        fits.into_iter().find_map(|(fit, fits)| fits.then_some(fit))
    }
}

/// Whether a word of the text begins so; words end at what is neither letter nor digit.
fn a_word_begins(text: &str, with: &str) -> bool {
    text.match_indices(with).any(|(at, _)| {
        !text.get(..at).and_then(|before| before.chars().next_back()).is_some_and(char::is_alphanumeric)
    })
}

/// Lower case, and Latin letters without their marks, composed or not.
#[must_use]
pub fn fold(text: &str) -> String {
    let lower = lower(text.trim());
    // Marks that stand for themselves are left out.
    lower.chars().filter(|letter| !matches!(letter, '\u{300}'..='\u{36f}')).map(plain).collect()
}

/// Lower case. Of other letters than ASCII's the browser knows it: a table of all of them weighs as much as a catalogue.
#[cfg(target_arch = "wasm32")]
fn lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    js_sys::JsString::from(text).to_lower_case().into()
}

/// Lower case.
#[cfg(not(target_arch = "wasm32"))]
fn lower(text: &str) -> String {
    text.to_lowercase()
}

const fn plain(letter: char) -> char {
    match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ď' | 'đ' => 'd',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'e',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => 'i',
        'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => 'o',
        'ś' | 'ŝ' | 'ş' | 'š' => 's',
        'ţ' | 'ť' => 't',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        // Typed as it comes.
        '\u{2019}' => '\'',
        '\u{2010}'..='\u{2013}' => '-',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::figures::tests::{camera, registry};
    use pantau_schemas::ids::AgencyCode;
    use pantau_schemas::registry::{Agency, AgencyKind};

    /// Cameras with these ids and names, numbered 1, 2, 3… by id, at the Alun-Alun of Dinkominfo, alias Kominfo.
    fn city(cameras: &[(&str, &str)]) -> Vec<Card> {
        let mut city = registry();
        let code = AgencyCode::new("dinkominfo").unwrap();
        let agency = Agency {
            code: code.clone(),
            name: "Dinas Komunikasi dan Informatika".into(),
            kind: AgencyKind::Dinas,
            aliases: vec!["Kominfo".into()],
            integrated: true,
        };
        city.agencies.insert(code.clone(), agency);
        for site in city.sites.values_mut() {
            site.name = "Alun-Alun Kota".into();
            site.agency = Some(code.clone());
        }
        for (id, name) in cameras {
            let id = camera(&mut city, id, None);
            city.devices.get_mut(&id).unwrap().name = (*name).to_owned();
        }
        cards(&city)
    }

    fn found(cards: &[Card], typed: &str) -> Vec<String> {
        find(cards, typed).0.iter().map(|card| card.name.clone()).collect()
    }

    #[test]
    fn what_begins_so_goes_before_what_contains_it() {
        let city = city(&[("cam-1", "Simpang Mandala"), ("cam-2", "Jalan Dalam"), ("cam-3", "Dalam Kota")]);
        assert_eq!(found(&city, "dala"), ["Dalam Kota", "Jalan Dalam", "Simpang Mandala"]);
    }

    #[test]
    fn case_and_diacritics_do_not_matter_on_either_side() {
        let city = city(&[("cam-1", "Café Élite"), ("cam-2", "Pasar")]);
        for typed in ["cafe elite", "CAFÉ", "cafe\u{301} É", "  élite "] {
            assert_eq!(found(&city, typed), ["Café Élite"], "{typed}");
        }
    }

    #[test]
    fn a_number_an_id_a_place_and_an_alias_all_find_it() {
        let city = city(&[("cam-a", "Utara"), ("cam-b", "Selatan"), ("cam-c", "Gerbang 2")]);
        assert_eq!(found(&city, "2"), ["Selatan", "Gerbang 2"], "its own number first, then names");
        assert_eq!(found(&city, "002"), ["Selatan"]);
        assert_eq!(found(&city, "cam-c"), ["Gerbang 2"]);
        assert_eq!(found(&city, "kominfo sel"), ["Selatan"], "every word counts");
        assert_eq!(found(&city, "alun").len(), 3);
        assert_eq!(found(&city, "kominfo pasar"), [""; 0]);
        assert_eq!(found(&city, ""), ["Utara", "Selatan", "Gerbang 2"], "nothing typed: all, by number");
    }

    #[test]
    fn one_camera_is_meant_or_none() {
        let city = city(&[("cam-a", "Utara"), ("cam-b", "Selatan 1"), ("cam-c", "Selatan")]);
        let meant = |typed: &str| one(&city, typed).map(|card| card.id.to_string());
        assert_eq!(meant("2").as_deref(), Some("cam-b"), "its number, though a name has a 1");
        assert_eq!(meant("selatan").as_deref(), Some("cam-c"), "its whole name, though another begins so");
        assert_eq!(meant("uta").as_deref(), Some("cam-a"), "the only one that fits");
        assert_eq!(meant("CAM-B").as_deref(), Some("cam-b"));
        assert_eq!((meant("sel"), meant("9"), meant("  ")), (None, None, None));
    }

    #[test]
    fn more_hits_than_anybody_reads_are_counted() {
        let ids: Vec<String> = (0..250).map(|n| format!("cam-{n:03}")).collect();
        let city = city(&ids.iter().map(|id| (id.as_str(), "Jalan")).collect::<Vec<_>>());
        let (hits, count) = find(&city, "jalan");
        assert_eq!((hits.len(), count), (MAX_HITS, 250));
    }
}
