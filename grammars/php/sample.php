<?php

declare(strict_types=1);

namespace Shop\Fruit;

use InvalidArgumentException;

const TAX = 7;

/**
 * Anything with a price.
 */
interface Fruit
{
    public function price(): int;
}

trait Taxed
{
    public function taxed(): int
    {
        return intdiv($this->price() * (100 + TAX), 100);
    }
}

#[Entity]
final class Basket
{
    use Taxed;

    private array $items = [];

    public function __construct(private int $limit = 10)
    {
    }

    // Adds one fruit.
    #[Pure]
    public function add(Fruit $item): void
    {
        if (count($this->items) >= $this->limit) {
            throw new InvalidArgumentException('full');
        }

        $this->items[] = $item;
    }
}

enum Season: string
{
    case Summer = 's';

    public function warm(): bool
    {
        return true;
    }
}

function sell(Fruit $item): int
{
    return $item->price();
}

$twice = function (int $value): int {
    return $value * 2;
};

echo $twice(3);
?>
<p>Fruit</p>
