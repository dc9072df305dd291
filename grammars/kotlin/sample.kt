package shop.fruit

import java.io.File

const val TAX = 7

/** Anything with a price. */
interface Fruit {
    val price: Int

    fun taxed(): Int {
        return price * (100 + TAX) / 100
    }
}

data class Apple(override val price: Int) : Fruit

/**
 * What a customer carries.
 */
@Suppress("unused")
class Basket<T : Fruit>(private val limit: Int) {
    private val items = mutableListOf<T>()

    init {
        require(limit > 0)
    }

    constructor() : this(10) {
        println("default")
    }

    val total: Int
        get() = items.sumOf { it.price }

    // Adds one fruit.
    fun add(item: T): Boolean {
        fun fits(): Boolean {
            return items.size < limit
        }

        if (!fits()) return false
        return items.add(item)
    }

    companion object {
        fun load(file: File): Basket<Apple> {
            return Basket(file.length().toInt())
        }
    }
}

object Shop {
    fun open() {
        println("open")
    }
}

enum class Season {
    SUMMER,
    WINTER;

    fun warm() = this == SUMMER
}

fun String.shout(): String {
    return uppercase()
}

suspend fun main() {
    println("fruit".shout())
}
