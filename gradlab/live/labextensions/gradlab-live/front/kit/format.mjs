// Numbers as text. A minus sign is as wide as a plus.
const format = {
  fixed: (value, digits) => value.toFixed(digits).replace("-", "−"),
  signed: (value, digits) => {
    const text = Math.abs(value).toFixed(digits);
    return (value < 0 && +text ? "−" : "+") + text;
  },
  // With two digits.
  short: (value) => String(+value.toPrecision(2)),
  power: (value, digits = 0) => value.toExponential(digits).replace("e+", "e").replace(/^-/, "−"),
  // With so many decimals, or as a power where they would all be 0.
  error: (value, digits) => {
    if (value === 0) return "0";
    if (Math.abs(value) >= 10 ** -digits) return format.signed(value, digits);
    return (value > 0 ? "+" : "") + format.power(value, 1);
  },
};

export default () => ({ format });
