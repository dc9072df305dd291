using System;
using System.Collections.Generic;

namespace Shop.Fruits
{
    /// <summary>Anything with a price.</summary>
    public interface IFruit
    {
        int Price { get; }
        int Taxed();
    }

    public record Apple(int Price);

    /// <summary>
    /// What a customer carries.
    /// </summary>
    [Serializable]
    public class Basket<T> where T : IFruit
    {
        private const int Limit = 10;
        private readonly List<T> items = new();

        public Basket()
        {
            Count = 0;
        }

        public int Count { get; private set; }

        public int Total
        {
            get
            {
                return Count * 2;
            }
        }

        public T this[int index] => items[index];

        // Adds one fruit.
        [Obsolete("use AddRange")]
        public bool Add(T item)
        {
            bool Fits()
            {
                return Count < Limit;
            }

            if (!Fits())
            {
                return false;
            }

            items.Add(item);
            return true;
        }

        public static Basket<T> operator +(Basket<T> left, Basket<T> right)
        {
            return left;
        }

        ~Basket()
        {
            items.Clear();
        }

        private struct Slot
        {
            public int Index;
        }
    }

    public enum Season
    {
        Summer,
        Winter,
    }
}
