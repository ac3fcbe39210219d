/** Placeholder. */
package org.pgweir.protocol;
