/**
 * Who may log in and how: what a client must prove, and what pgweir proves to a server. Pure exchanges of messages without a channel;
 * key derivation (PBKDF2) is handed to the workers by the callers. Secrets never reach a text form.
 */
package org.pgweir.proxy.auth;
