package dev.luthier.hub;

import dev.luthier.UsageException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a user names on the hub: {@code org/name}, {@code org/name@revision} or {@code
 * org/name@revision:files}.
 *
 * @param revision a branch, a tag or a commit's 40 digits
 * @param files a glob over the repository's paths; empty for what is commonly wanted of it
 */
public record HubReference(HubRepo repo, String revision, Optional<String> files) {
  /** The branch that is meant where none is named. */
  public static final String MAIN = "main";

  private static final Pattern FORM = Pattern.compile("([^@:]+)(?:@([^:]+))?(?::(.+))?");
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
  private static final Pattern REVISION = Pattern.compile("[A-Za-z0-9][\\w./+-]{0,254}");

  /**
   * Checks the revision.
   *
   * @throws UsageException if there can be none of that name
   */
  public HubReference {
    if (!REVISION.matcher(revision).matches() || revision.contains("..")) {
      throw new UsageException(
          "'" + revision + "' is no revision: expected a branch, a tag or a commit's 40 digits");
    }
  }

  /** What the text names, if it has the form of a hub's name; nothing is looked up. */
  public static Optional<HubReference> parse(HubRepo.Kind kind, String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches() || !HubRepo.isId(form.group(1))) {
      return Optional.empty();
    }
    return Optional.of(
        new HubReference(
            new HubRepo(kind, form.group(1)),
            Optional.ofNullable(form.group(2)).orElse(MAIN),
            Optional.ofNullable(form.group(3))));
  }

  /** Whether the text is a commit, which never changes. */
  static boolean isCommit(String revision) {
    return COMMIT.matcher(revision).matches();
  }

  /** The same with the revision that a name stands for. */
  HubReference at(String commit) {
    return new HubReference(repo, commit, files);
  }

  /** As it is written: {@code org/name@revision}. */
  @Override
  public String toString() {
    return repo.id() + (revision.equals(MAIN) ? "" : "@" + revision);
  }
}
