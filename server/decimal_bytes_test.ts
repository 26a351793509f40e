import { assertEquals } from "@std/assert";
import { decimalLengthOf, writeDecimal } from "./decimal_bytes.ts";

Deno.test("writeDecimal() writes what String() writes", () => {
  const values = [0, 9, 10, 99, 100, 123456789, 2 ** 31, 2 ** 53 - 1, 10 ** 15, 10 ** 15 - 1];
  for (const value of [...values, ...values.slice(1).map((positive) => -positive)]) {
    const length = decimalLengthOf(value);
    const bytes = new Uint8Array(length + 2);
    writeDecimal(bytes, 1, length, value);

    assertEquals(new TextDecoder().decode(bytes), `\0${value}\0`);
  }
});
