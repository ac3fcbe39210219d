/**
 * Who may log in and how: what a client must prove, and what pgweir proves to a server. Exchanges of messages without a channel;
 * what takes long, key derivation (PBKDF2) and the questions to an LDAP directory, is handed to the workers by the callers. Secrets never reach a text form.
 */
package org.pgweir.proxy.auth;
