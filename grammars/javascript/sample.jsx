import { memo, useState } from "react";
const fs = require("fs");

const LIMITS = {
  apple: 3,

  pear: 4,
};

/** Adds tax. */
export function taxed(price) {
  const round = (value) => Math.round(value);
  function twice(value) {
    return value * 2;
  }
  return round(twice(price) * 1.07);
}

export const cheapest = (prices) => {
  return Math.min(...prices);
};

export const Card = memo(({ fruit }) => {
  const [open, setOpen] = useState(false);
  return <div onClick={() => setOpen(!open)}>{fruit}</div>;
});

export default class Basket extends Map {
  #items = [];
  onClick = () => {
    this.add("apple");
  };

  constructor() {
    super();
  }

  static get limit() {
    return 10;
  }

  // One at a time.
  add(item) {
    this.#items.push(item);
  }
}

function* walk(items) {
  yield* items;
}

const handlers = {
  open() {
    return 1;
  },
  close: function () {
    return 2;
  },
  "on-error": async (fault) => {
    throw fault;
  },
};

module.exports.save = function (path) {
  fs.writeFileSync(path, "");
};

Basket.prototype.size = function () {
  return 0;
};

describe("basket", () => {
  let basket;

  beforeEach(() => {
    basket = new Basket();
  });

  it("holds what is added", async () => {
    basket.add("pear");
    expect(basket.size()).toBe(1);
  });
});

(function () {
  console.log("loaded");
})();
