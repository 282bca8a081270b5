// A statement in the shape of better-sqlite3's, but asynchronous.
export class Statement {
  #query;
  #plucked = false;

  /** `query` takes the values and gives {rows, changes}, rows as objects. */
  constructor(query) {
    this.#query = query;
  }
  /** The first column's value instead of a whole row. */
  pluck() {
    this.#plucked = true;
    return this;
  }
  async all(...values) {
    const { rows } = await this.#query(values);
    return this.#plucked ? rows.map((row) => Object.values(row)[0]) : rows;
  }
  async get(...values) {
    return (await this.all(...values))[0];
  }
  async run(...values) {
    return { changes: (await this.#query(values)).changes };
  }
}
