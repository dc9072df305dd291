#!/usr/bin/env bash
# Sells fruit.
set -euo pipefail

tax=7
prices="apple 3

pear 4"

# Prints a price with tax.
taxed() {
  local price=$1

  echo $((price * (100 + tax) / 100))
}

function open_shop {
  round() {
    echo "$1"
  }
  round "open"
}

for fruit in apple pear; do
  taxed 3

  echo "$fruit"
done

cat <<TEXT
closed() {
  nothing
}
TEXT
open_shop
