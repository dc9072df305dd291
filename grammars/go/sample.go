// Package fruit sells fruit.
package fruit

import (
	"errors"
	"fmt"
)

const Tax = 7

var ErrFull = errors.New("full")

// Fruit is anything with a price.
type Fruit interface {
	Price() int
}

type (
	// ID names a fruit.
	ID int

	// Shelf holds fruit.
	Shelf struct {
		items []Fruit
	}
)

type Basket[T Fruit] struct {
	items []T
	limit int
}

// Add puts one fruit in.
// It fails when the basket is full.
func (b *Basket[T]) Add(item T) error {
	if len(b.items) >= b.limit {
		return ErrFull
	}

	b.items = append(b.items, item)
	return nil
}

func (s Shelf) Len() int { return len(s.items) }

func Map[T, U any](items []T, f func(T) U) []U {
	out := make([]U, 0, len(items))
	for _, item := range items {
		out = append(out, f(item))
	}
	return out
}

var taxed = func(price int) int {
	return price * (100 + Tax) / 100
}

func init() {
	fmt.Println(taxed(3))
}
