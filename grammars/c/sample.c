/*
 * Fruit, and what it costs.
 */
#include <stdio.h>
#include <stdlib.h>

#define TAX 7
#define TAXED(price) \
	((price) * (100 + TAX) / 100)

struct fruit {
	const char *name;
	int price;
};

typedef struct {
	struct fruit *items;
	size_t count;
} basket_t;

enum season { SUMMER, WINTER };

static int total;

static const struct fruit stock[] = {
	{ "apple", 3 },

	{ "pear", 4 },
};

/* Adds one fruit. */
static int add(basket_t *basket, struct fruit item)
{
	if (basket->count >= 10)
		return -1;

	basket->items[basket->count++] = item;
	return 0;
}

char **names(void)
{
	return NULL;
}

#ifdef DEBUG
// Prints a basket.
void dump(const basket_t *basket)
{
	printf("%zu\n", basket->count);
}
#endif

int (*chosen(int which))(int)
{
	return NULL;
}

int main(int argc, char **argv)
{
	basket_t *basket = malloc(sizeof *basket);

	add(basket, stock[0]);
	return TAXED(total);
}
