/**
 * The image, as its users run it: built from {@code docker/Dockerfile} and started beside PostgreSQL in containers on a network of
 * their own. Needs a container engine, Docker or Podman's socket in {@code DOCKER_HOST}; without one the tests are skipped, see
 * {@link org.pgweir.proxy.container.WithContainers}. Test threads only.
 */
package org.pgweir.proxy.container;
