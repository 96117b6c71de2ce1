package dev.luthier.cli;

import dev.luthier.Versions;
import picocli.CommandLine.IVersionProvider;

/** What {@code luthier --version} prints. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {"luthier " + Versions.of("luthier")};
  }
}
