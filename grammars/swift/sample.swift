import Foundation

let tax = 7

/// Anything with a price.
protocol Fruit {
    var price: Int { get }
    func taxed() -> Int
}

extension Fruit {
    func taxed() -> Int {
        return price * (100 + tax) / 100
    }
}

struct Apple: Fruit {
    let price: Int

    static func < (left: Apple, right: Apple) -> Bool {
        return left.price < right.price
    }
}

/// What a customer carries.
@available(macOS 10.15, *)
final class Basket<T: Fruit> {
    private var items: [T] = []
    let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    deinit {
        items.removeAll()
    }

    var total: Int {
        return items.reduce(0) { $0 + $1.price }
    }

    subscript(index: Int) -> T {
        return items[index]
    }

    // Adds one fruit.
    func add(_ item: T) -> Bool {
        func fits() -> Bool {
            return items.count < limit
        }

        guard fits() else { return false }
        items.append(item)
        return true
    }
}

enum Season {
    case summer
    case winter

    var isWarm: Bool {
        self == .summer
    }
}

actor Till {
    var sum = 0
}

func sell(_ item: Fruit) async throws -> Int {
    return item.taxed()
}

print(tax)
