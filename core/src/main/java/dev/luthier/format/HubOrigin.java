package dev.luthier.format;

import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a folder in the hub's cache comes from.
 *
 * @param id {@code org/name}
 * @param commit 40 digits
 */
public record HubOrigin(String id, String commit) {
  private static final Pattern IN_CACHE =
      Pattern.compile(".*/(?:models|datasets)--([^/]+?)--([^/]+)/snapshots/([0-9a-f]{40})(?:/.*)?");

  /** The origin of a folder or file; empty for one that is not in a hub's cache. */
  public static Optional<HubOrigin> of(Path path) {
    Matcher place =
        IN_CACHE.matcher(path.toAbsolutePath().normalize().toString().replace('\\', '/'));
    return place.matches()
        ? Optional.of(new HubOrigin(place.group(1) + "/" + place.group(2), place.group(3)))
        : Optional.empty();
  }

  /**
   * What a path is called before others: its id on the hub, else its own name without the folders
   * that it is in, which tell about this machine.
   */
  public static String publicName(Path path) {
    return of(path)
        .map(HubOrigin::id)
        .orElseGet(() -> String.valueOf(path.toAbsolutePath().normalize().getFileName()));
  }
}
