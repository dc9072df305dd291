#include <string>
#include <vector>

namespace shop::fruit {

constexpr int kTax = 7;

/// Anything with a price.
class Fruit {
 public:
  virtual ~Fruit() = default;
  virtual int price() const = 0;

  int taxed() const {
    return price() * (100 + kTax) / 100;
  }

  bool operator<(const Fruit& other) const {
    return price() < other.price();
  }

  explicit operator bool() const {
    return price() > 0;
  }
};

// What a customer carries.
template <typename T>
class Basket {
 public:
  Basket() : limit_(10) {}
  void add(T item);
  const std::vector<T>& items() const { return items_; }

 private:
  struct Slot {
    int index;
  };

  std::vector<T> items_;
  int limit_;
};

template <typename T>
void Basket<T>::add(T item) {
  if (items_.size() < 10) {
    items_.push_back(item);
  }
}

enum class Season { kSummer, kWinter };

std::string& label(Season season) {
  static std::string text;
  return text;
}

namespace {

int hidden() {
  return 1;
}

}  // namespace

auto twice = [](int value) {
  return value * 2;
};

}  // namespace shop::fruit

extern "C" {
int fruit_count(void) {
  return 0;
}
}

TEST(BasketTest, StartsEmpty) {
  shop::fruit::Basket<int> basket;
  EXPECT_TRUE(basket.items().empty());
}
