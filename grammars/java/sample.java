package shop.fruit;

import java.util.ArrayList;
import java.util.List;

/**
 * What a customer carries.
 */
@SuppressWarnings("unused")
public class Basket<T extends Basket.Fruit> {
    private static final int LIMIT = 10;

    private final List<T> items = new ArrayList<>();

    static {
        System.out.println("loaded");
    }

    public Basket() {
        super();
    }

    /** Adds one fruit. */
    @Deprecated
    public boolean add(T item) {
        Runnable later = () -> {
            items.add(item);
        };

        later.run();
        return items.size() < LIMIT;
    }

    interface Fruit {
        int price();

        default int taxed() {
            return price() * 107 / 100;
        }
    }

    enum Season {
        SUMMER {
            @Override
            boolean warm() {
                return true;
            }
        },
        WINTER;

        boolean warm() {
            return false;
        }
    }
}

record Apple(int price) implements Basket.Fruit {
    Apple {
        if (price < 0) {
            throw new IllegalArgumentException();
        }
    }
}

@interface Fresh {
    int days() default 3;
}
