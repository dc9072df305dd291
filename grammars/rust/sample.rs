//! Fruit, and what it costs.

use std::collections::HashMap;
use std::fmt;

const TAX: u32 = 7;

/// Anything with a price.
pub trait Fruit {
    fn price(&self) -> u32;

    fn taxed(&self) -> u32 {
        self.price() * (100 + TAX) / 100
    }
}

/// What a customer carries.
#[derive(Debug, Default)]
pub struct Basket<T> {
    items: Vec<T>,
}

impl<T: Fruit> Basket<T> {
    pub const LIMIT: usize = 10;

    /// Puts one fruit in.
    #[must_use]
    pub fn add(&mut self, item: T) -> bool {
        fn fits(count: usize) -> bool {
            count < 10
        }

        if !fits(self.items.len()) {
            return false;
        }
        self.items.push(item);
        true
    }
}

impl<T> fmt::Display for Basket<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.items.len())
    }
}

pub enum Season {
    Summer,
    Autumn(HashMap<String, u32>),
}

macro_rules! fruit {
    ($name:ident) => {
        struct $name;
    };
}

fruit!(Apple);

pub async fn sell<T: Fruit>(item: T) -> u32 {
    item.taxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_empty() {
        let basket: Basket<u8> = Basket { items: vec![] };
        assert!(basket.items.is_empty());
    }
}
