package dev.luthier.cli;

import dev.luthier.UsageException;
import dev.luthier.hub.HubReference;
import dev.luthier.hub.HubRepo;
import dev.luthier.hub.HubSettings;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which hub is spoken to, and about what kind of repository. */
final class HubOptions {
  @Option(names = "--dataset", description = "The repository is a data set, not a model.")
  boolean dataset;

  @Option(
      names = "--revision",
      paramLabel = "REV",
      description = "A branch, a tag or a commit; main by default.")
  private Optional<String> revision = Optional.empty();

  @Option(
      names = "--endpoint",
      paramLabel = "URL",
      description = "The hub or a mirror; HF_ENDPOINT, or huggingface.co by default.")
  private Optional<String> endpoint = Optional.empty();

  @Option(
      names = "--connections",
      paramLabel = "N",
      description = "Connections at a time; 4 by default.")
  private Optional<Integer> connections = Optional.empty();

  HubSettings settings(Console console) {
    HubSettings settings = HubInputs.settings(console);
    if (connections.orElse(1) < 1) {
      throw new UsageException("--connections is " + connections.get() + "; use 1 or more");
    }
    settings = endpoint.isPresent() ? settings.with(endpoint.get()) : settings;
    return connections.isPresent() ? settings.with(connections.get()) : settings;
  }

  HubRepo.Kind kind() {
    return dataset ? HubRepo.Kind.DATASET : HubRepo.Kind.MODEL;
  }

  /**
   * What an id names.
   *
   * @throws UsageException if it names nothing on a hub, or two revisions
   */
  HubReference reference(String id) {
    HubReference named =
        HubReference.parse(kind(), id)
            .orElseThrow(
                () ->
                    new UsageException(
                        "'" + id + "' is no repository: expected org/name or org/name@revision"));
    if (revision.isPresent() && id.contains("@") && !revision.get().equals(named.revision())) {
      throw new UsageException("both " + id + " and --revision name a revision: say one of them");
    }
    return new HubReference(named.repo(), revision.orElse(named.revision()), named.files());
  }
}
