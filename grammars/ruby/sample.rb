# frozen_string_literal: true

require "json"

module Shop
  TAX = 7

  # What a customer carries.
  class Basket < Array
    attr_reader :limit

    def initialize(limit = 10)
      super()
      @limit = limit
    end

    # Builds one from a file.
    def self.load(path)
      new(JSON.parse(File.read(path)).size)
    end

    def total = sum(&:price)

    def full?
      size >= limit
    end

    class << self
      def empty
        new(0)
      end
    end
  end

  Fruit = Struct.new(:name, :price) do
    def taxed
      price * (100 + TAX) / 100
    end
  end
end

def Shop.open
  puts "open"
end

describe Shop::Basket do
  let(:basket) do
    Shop::Basket.new
  end

  context "when empty" do
    it "costs nothing" do
      expect(basket.total).to eq 0
    end
  end
end

task :sell do
  Shop.open
end
