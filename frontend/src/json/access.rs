//! The insides of lists, objects and enums.

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::NotJson;
use super::reader::Reader;

/// The items of a list.
pub(super) struct Items<'a, 't> {
    reader: &'a mut Reader<'t>,
    first: bool,
}

impl<'a, 't> Items<'a, 't> {
    /// The list that `reader` has just opened.
    pub(super) const fn new(reader: &'a mut Reader<'t>) -> Self {
        Self { reader, first: true }
    }
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = NotJson;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, NotJson> {
        if !self.reader.cursor.more(b']', self.first)? {
            return Ok(None);
        }
        self.first = false;
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

/// The fields of an object.
pub(super) struct Fields<'a, 't> {
    reader: &'a mut Reader<'t>,
    first: bool,
}

impl<'a, 't> Fields<'a, 't> {
    /// The object that `reader` has just opened.
    pub(super) const fn new(reader: &'a mut Reader<'t>) -> Self {
        Self { reader, first: true }
    }
}

impl<'de> MapAccess<'de> for Fields<'_, 'de> {
    type Error = NotJson;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, NotJson> {
        if !self.reader.cursor.more(b'}', self.first)? {
            return Ok(None);
        }
        self.first = false;
        if self.reader.cursor.peek() != Some(b'"') {
            return Err(NotJson);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, NotJson> {
        self.reader.cursor.expect(b':')?;
        seed.deserialize(&mut *self.reader)
    }
}

/// An enum: `"variant"`, or `{"variant": content}` of which the bracket is open.
pub(super) struct Variant<'a, 't> {
    reader: &'a mut Reader<'t>,
    bare: bool,
}

impl<'a, 't> Variant<'a, 't> {
    /// The enum at which `reader` stands.
    pub(super) const fn new(reader: &'a mut Reader<'t>, bare: bool) -> Self {
        Self { reader, bare }
    }

    /// The content, where there is one.
    fn content(self) -> Result<&'a mut Reader<'t>, NotJson> {
        if self.bare { Err(NotJson) } else { Ok(self.reader) }
    }
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = NotJson;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), NotJson> {
        let variant = seed.deserialize(&mut *self.reader)?;
        if !self.bare {
            self.reader.cursor.expect(b':')?;
        }
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = NotJson;

    fn unit_variant(self) -> Result<(), NotJson> {
        if self.bare { Ok(()) } else { self.reader.cursor.word("null") }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, NotJson> {
        seed.deserialize(self.content()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, NotJson> {
        self.content()?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NotJson> {
        self.content()?.deserialize_map(visitor)
    }
}
