#!/usr/bin/env python3
"""A shop that sells fruit."""

from __future__ import annotations

import functools

PRICES = {
    "apple": 3,

    "pear": 4,
}
TAX = 7

double = lambda price: price * 2  # noqa: E731


# Prices are whole cents.
# They never are negative.
@functools.cache
def price(name: str) -> int:
    """Look a price up."""
    return PRICES[name]


class Basket:
    """What a customer carries."""

    limit = 10

    def __init__(self) -> None:
        self.items: list[str] = []

    @property
    def total(self) -> int:
        def taxed(value: int) -> int:
            return value * (100 + TAX) // 100

        return taxed(sum(price(item) for item in self.items))

    # Only one at a time.
    async def add(self, item: str) -> None:
        if len(self.items) < self.limit:
            self.items.append(item)

    class Full(Exception):
        pass


@functools.total_ordering
class Fruit: ...


if __name__ == "__main__":
    basket = Basket()

    print(basket.total)
