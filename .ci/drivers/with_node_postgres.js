// node-postgres: named statements, its pool, transactions, errors, a connection that breaks. Arguments: host and port.
'use strict'

const { Client, Pool } = require('pg')

const SESSIONS = 8
const [host, port] = process.argv.slice(2)
const server = { host, port: Number(port), user: 'postgres', password: 'sesame', database: 'mydb' }

/** Lets everybody go on when all have come. */
class Meeting {
  #waiting = []

  meet() {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      if (this.#waiting.length === SESSIONS) this.#waiting.splice(0).forEach((go) => go())
    })
  }
}

async function failure(promise) {
  try {
    return { noError: (await promise).rows }
  } catch (error) {
    return { state: error.code, message: error.message }
  }
}

async function work(number, see, meet) {
  const client = new Client({ ...server, application_name: `node ${number}` })
  await client.connect()
  await client.query(`DROP TABLE IF EXISTS node_${number}; CREATE TABLE node_${number} (id int PRIMARY KEY, name text, data jsonb)`)
  await statements(number, client, see, meet)
  await transactions(number, client, see, meet)
  await pool(number, see, meet)
  await lose(number, client, see, meet)
  await client.query(`DROP TABLE node_${number}`)
  await client.end()
}

async function statements(number, client, see, meet) {
  for (let turn = 0; turn < 12; turn++) {
    await meet()
    // The same names in every session, other texts.
    const fetch = (id) => client.query({ name: 'fetch', text: `SELECT ${number} AS own, name, data FROM node_${number} WHERE id = $1`, values: [id] })
    const insert = (id) =>
      client.query({ name: 'insert', text: `INSERT INTO node_${number} VALUES ($1, $2, $3) RETURNING id`, values: [id, `name ${id}`, { turn }] })
    see('insert', (await insert(turn)).rows, (await fetch(turn)).rows)
    see('duplicate', await failure(insert(turn)))
    see('wrong', await failure(client.query({ name: 'wrong', text: 'SELECT $1::int / 0', values: [turn] })))
    see('syntax', await failure(client.query({ name: 'syntax', text: 'SELEKT $1', values: [turn] })))
    for (let id = 0; id < 10; id++) see('each', (await fetch(id)).rows)
    see('array', (await client.query({ name: 'array', text: 'SELECT $1::int[], $2::text', values: [[turn, 2], null], rowMode: 'array' })).rows)
    see('unnamed', (await client.query('SELECT $1::text AS text, now() IS NOT NULL AS now', [`${turn}`])).rows)
    see('simple', (await client.query(`SELECT ${turn}; SELECT ${number}`)).map((result) => result.rows))
    see('portal', (await client.query({ name: 'rows', text: 'SELECT generate_series(1, $1::int) AS n', values: [95], rows: 10 })).rows.length)
    if (turn % 5 === 4) {
      await client.query(`SET timezone = 'Etc/GMT+${number}'`)
      see('zone', (await client.query({ name: 'zone', text: "SELECT current_setting('timezone'), current_setting('application_name')" })).rows)
    }
  }
}

async function transactions(number, client, see, meet) {
  for (let turn = 0; turn < 6; turn++) {
    await meet()
    await client.query('BEGIN')
    await client.query({ name: 'rename', text: `UPDATE node_${number} SET name = $1 WHERE id = $2`, values: [`turn ${turn}`, turn] })
    await client.query('SAVEPOINT one')
    see('failed', await failure(client.query({ name: `new in it ${turn}`, text: 'SELECT 1 / $1::int', values: [0] })))
    see('and all', await failure(client.query({ name: 'rename', text: `UPDATE node_${number} SET name = $1 WHERE id = $2`, values: ['no', turn] })))
    await client.query('ROLLBACK TO one')
    see('same', await failure(client.query({ name: `new in it ${turn}`, text: 'SELECT 1 / $1::int', values: [1] })))
    await client.query(turn % 2 ? 'COMMIT' : 'ROLLBACK')
    see('rows', (await client.query({ name: 'list', text: `SELECT id, name FROM node_${number} ORDER BY id` })).rows)
  }
}

async function pool(number, see, meet) {
  await meet()
  const pool = new Pool({ ...server, max: 3 })
  const answers = await Promise.all(
    [...Array(30).keys()].map((n) => pool.query({ name: `sum ${n % 4}`, text: `SELECT ${n % 4} + $1::int AS sum`, values: [n] })),
  )
  see('pool', answers.map((answer) => answer.rows[0].sum))
  await pool.end()
}

async function lose(number, client, see, meet) {
  await meet()
  const lost = new Client(server)
  lost.on('error', () => {})
  await lost.connect()
  await lost.query('BEGIN')
  await lost.query({ name: 'rename', text: `UPDATE node_${number} SET name = $1`, values: ['never'] })
  lost.connection.stream.destroy()
  // Waits for the row locks of the transaction that was lost.
  await client.query({ name: 'clear', text: `UPDATE node_${number} SET data = NULL` })
  see('rolled back', (await client.query({ name: 'never', text: `SELECT count(*) FROM node_${number} WHERE name = $1`, values: ['never'] })).rows)
}

async function main() {
  const meeting = new Meeting()
  const transcripts = await Promise.all(
    [...Array(SESSIONS).keys()].map(async (number) => {
      const steps = []
      await work(number, (step, ...values) => steps.push([number, step, ...values]), () => meeting.meet())
      return steps
    }),
  )
  for (const step of transcripts.flat()) console.log(JSON.stringify(step))
}

main().catch((error) => {
  console.log(JSON.stringify(['FAILED', error.stack]))
  process.exit(1)
})
