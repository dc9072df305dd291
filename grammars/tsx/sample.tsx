import React, { forwardRef } from "react";

interface Props {
  title: string;
  items: readonly string[];
}

// Shows one fruit.
export const Item: React.FC<{ name: string }> = ({ name }) => {
  return <li className="item">{name}</li>;
};

export default function List({ title, items }: Props) {
  const render = (item: string) => {
    return <Item key={item} name={item} />;
  };
  return (
    <section>
      <h1>{title}</h1>

      <ul>{items.map(render)}</ul>
    </section>
  );
}

export const Field = forwardRef<HTMLInputElement, Props>((props, ref) => (
  <input ref={ref} title={props.title} />
));

export class Boundary extends React.Component<Props> {
  state = { failed: false };

  componentDidCatch() {
    this.setState({ failed: true });
  }

  render() {
    return <>{this.props.children}</>;
  }
}
