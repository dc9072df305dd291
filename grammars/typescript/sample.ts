import { Injectable } from "@angular/core";

export interface Fruit {
  name: string;
  price(): number;
}

export type Shape = {
  round: boolean;
};

type Id = string | number;

/** The seasons in which fruit is sold. */
export enum Season {
  Summer,
  Autumn,
}

export const taxed = <T extends Fruit>(fruit: T): number => {
  return fruit.price() * 1.07;
};

function pick(name: string): Fruit;
function pick(id: number): Fruit;
function pick(key: Id): Fruit {
  throw new Error(String(key));
}

@Injectable({
  providedIn: "root",
})
export class Basket<T extends Fruit> implements Iterable<T> {
  private readonly items: T[] = [];

  constructor(private readonly limit: number) {}

  @log()
  add(item: T): void {
    this.items.push(item);
  }

  get size(): number {
    return this.items.length;
  }

  remove = (item: T): void => {
    this.items.splice(this.items.indexOf(item), 1);
  };

  *[Symbol.iterator](): Iterator<T> {
    yield* this.items;
  }
}

export abstract class Shelf {
  abstract height(): number;

  describe(): string {
    return `${this.height()} cm`;
  }
}

namespace Stock.Local {
  export function count(): number {
    return 0;
  }
}

declare module "fruit" {
  export function peel(fruit: Fruit): void;
}

export default function main() {
  return pick(1);
}

test("peels", () => {
  main();
});
