/** Placeholder. */
package org.pgweir.bench;
