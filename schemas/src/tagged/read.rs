//! Reading: the tag chooses the variant, the fields behind it become its content.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, VariantAccess, Visitor,
};
#[cfg(not(target_arch = "wasm32"))]
use serde::de::{IntoDeserializer, value::MapDeserializer};
use serde::forward_to_deserialize_any;

/// A deserializer for one enum: what derived code reads as `{"variant": {fields}}` stands as `{tag: "variant", fields}`.
pub(crate) struct Reading<D> {
    tag: &'static str,
    inner: D,
}

impl<D> Reading<D> {
    /// Reads from `inner`; the variant is named by the field `tag`.
    pub(crate) const fn new(tag: &'static str, inner: D) -> Self {
        Self { tag, inner }
    }
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Reading<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, D::Error> {
        Err(D::Error::custom("only an enum has a tag"))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_map(Object { tag: self.tag, visitor })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// The object that holds the tag; `visitor` is the enum's.
struct Object<V> {
    tag: &'static str,
    visitor: V,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Object<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with the field `{}`", self.tag)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<V::Value, A::Error> {
        match fields.next_key_seed(Key(self.tag))? {
            Some(Name::Tag) => self.visitor.visit_enum(Fields(fields)),
            Some(Name::Other(name)) => late(self.tag, name, fields, self.visitor),
            None => Err(A::Error::missing_field(self.tag)),
        }
    }
}

/// The tag does not come first: `first` is the name of the field that does.
#[cfg(not(target_arch = "wasm32"))]
fn late<'de, A: MapAccess<'de>, V: Visitor<'de>>(
    tag: &'static str,
    first: String,
    mut fields: A,
    visitor: V,
) -> Result<V::Value, A::Error> {
    let mut kept = serde_json::Map::new();
    kept.insert(first, fields.next_value()?);
    let mut variant: Option<String> = None;
    while let Some(name) = fields.next_key_seed(Key(tag))? {
        match name {
            Name::Tag if variant.is_none() => variant = Some(fields.next_value()?),
            Name::Tag => drop(fields.next_value::<IgnoredAny>()?),
            Name::Other(name) => drop(kept.insert(name, fields.next_value()?)),
        }
    }
    let variant = variant.ok_or_else(|| A::Error::missing_field(tag))?;
    visitor.visit_enum(Kept { variant, fields: kept }).map_err(A::Error::custom)
}

/// A page reads what the server wrote, and there the tag comes first.
#[cfg(target_arch = "wasm32")]
fn late<'de, A: MapAccess<'de>, V: Visitor<'de>>(
    tag: &'static str,
    _: String,
    _: A,
    _: V,
) -> Result<V::Value, A::Error> {
    Err(A::Error::missing_field(tag))
}

/// Reads a field's name.
struct Key(&'static str);

/// A field's name.
enum Name {
    Tag,
    Other(String),
}

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Name, E> {
        Ok(if name == self.0 { Name::Tag } else { Name::Other(name.to_owned()) })
    }
}

/// What stands at and after the tag, still unread.
struct Fields<A>(A);

impl<'de, A: MapAccess<'de>> EnumAccess<'de> for Fields<A> {
    type Error = A::Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(mut self, seed: V) -> Result<(V::Value, Self), A::Error> {
        Ok((self.0.next_value_seed(seed)?, self))
    }
}

impl<'de, A: MapAccess<'de>> VariantAccess<'de> for Fields<A> {
    type Error = A::Error;

    fn unit_variant(mut self) -> Result<(), A::Error> {
        while self.0.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, A::Error> {
        seed.deserialize(MapAccessDeserializer::new(self.0))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, A::Error> {
        Err(A::Error::custom("a variant without names for its fields has no place for a tag"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        visitor.visit_map(self.0)
    }
}

/// An object that was read to its end before its tag was known.
#[cfg(not(target_arch = "wasm32"))]
struct Kept {
    variant: String,
    fields: serde_json::Map<String, serde_json::Value>,
}

#[cfg(not(target_arch = "wasm32"))]
impl<'de> EnumAccess<'de> for Kept {
    type Error = serde_json::Error;
    type Variant = Fields<MapDeserializer<'de, serde_json::map::IntoIter, serde_json::Error>>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Self::Variant), serde_json::Error> {
        let variant = seed.deserialize(self.variant.into_deserializer())?;
        Ok((variant, Fields(MapDeserializer::new(self.fields.into_iter()))))
    }
}
