// node-postgres over TLS, with passwords (SCRAM) and with certificates. Arguments: host, port, folder of the certificates.
'use strict'

const { readFileSync } = require('fs')
const { Client } = require('pg')

const [host, port, folder] = process.argv.slice(2)
const file = (name) => readFileSync(`${folder}/${name}`)
const password = { user: 'postgres', password: 'sesame' }
const trusting = { ca: file('ca.crt'), servername: 'localhost' }
const showing = (name) => ({ ...trusting, cert: file(`${name}.crt`), key: file(`${name}.key`) })

async function says(how) {
  const client = new Client({ host, port: Number(port), database: 'mydb', ...how })
  client.on('error', () => {})
  try {
    await client.connect()
    return (await client.query('SELECT current_user')).rows[0].current_user
  } catch (error) {
    return `${error.code} ${error.message}`
  } finally {
    client.end().catch(() => {})
  }
}

async function expect(what, how, wanted) {
  const answer = await says(how)
  if (!answer.includes(wanted)) throw new Error(`${what}: '${answer}', not '${wanted}'`)
  console.log(what)
}

async function all() {
  await expect('node-postgres: verify-full, SCRAM', { ...password, ssl: trusting }, 'postgres')
  await expect('node-postgres: SCRAM bound to the connection', { ...password, ssl: trusting, enableChannelBinding: true }, 'postgres')
  await expect('node-postgres: wrong password', { ...password, password: 'wrong', ssl: trusting }, '28P01 SASL authentication failed')
  await expect('node-postgres: no TLS', { ...password, ssl: false }, '28000 SSL required')
  await expect('node-postgres: another authority', { ...password, ssl: { ...trusting, ca: file('other.crt') } }, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')
  await expect('node-postgres: client certificate', { user: 'alice', ssl: showing('alice') }, 'postgres')
  await expect('node-postgres: revoked certificate', { user: 'alice', ssl: showing('stolen') }, '28000 certificate authentication failed')
}

all().catch((error) => { console.error(error.message); process.exit(1) })
