package dev.luthier.hub;

import dev.luthier.LuthierException;
import java.net.http.HttpHeaders;
import java.util.Optional;

/** What the hub's refusals mean, and what to do. */
final class HubRefusal {
  private static final int SHOWN = 300;
  private final HubSettings settings;

  HubRefusal(HubSettings settings) {
    this.settings = settings;
  }

  /**
   * The error for an answer that will stay the same.
   *
   * @param reference what was asked for
   * @param file the file that was asked for, if it was one
   * @param body what the answer said
   */
  LuthierException of(
      HubReference reference, Optional<String> file, int status, HttpHeaders headers, String body) {
    String code = headers.firstValue("X-Error-Code").orElse("");
    String said = said(headers.firstValue("X-Error-Message").orElse(body));
    return new LuthierException(
        words(reference, file, status, code, said)
            + " (status "
            + status
            + (said.isEmpty() ? "" : ": " + said)
            + "). See docs/troubleshooting.md#hub");
  }

  private String words(
      HubReference reference, Optional<String> file, int status, String code, String said) {
    HubRepo repo = reference.repo();
    String page = settings.endpoint() + repo.page();
    boolean denied = status == 401 || status == 403;
    if (code.equals("GatedRepo") || denied && said.contains("gated")) {
      return repo.id()
          + " is gated: accept its licence at "
          + page
          + " with an account of the hub"
          + (settings.token().isPresent()
              ? "; the account of the token that was sent has not been let in yet"
              : ", then give a token of that account: " + give());
    }
    if (status == 404 && code.equals("RevisionNotFound")) {
      return "the "
          + repo.words()
          + " has no revision '"
          + reference.revision()
          + "': expected a branch, a tag or a commit's 40 digits; "
          + page
          + "/tree/main lists them";
    }
    if (status == 404 && file.isPresent() && !code.equals("RepoNotFound")) {
      return "the " + repo.words() + " has no file " + file.get() + " at " + reference.revision();
    }
    if (status == 404 || denied && !settings.token().isPresent() || code.equals("RepoNotFound")) {
      return "the hub at "
          + settings.endpoint()
          + " shows no "
          + repo.words()
          + ": is the name right? A private one needs a token, "
          + (settings.token().isPresent() ? "and the one sent may not see it" : give());
    }
    return denied
        ? "the hub refuses the token for "
            + repo.words()
            + ": is it valid, and may it do this? "
            + settings.endpoint()
            + "/settings/tokens lists it"
        : "the hub refuses a request for " + repo.words();
  }

  private String give() {
    return "HF_TOKEN, or the file "
        + settings.home().resolve("token")
        + " (made at "
        + settings.endpoint()
        + "/settings/tokens)";
  }

  /** The first line of what others wrote, without the token: some repeat it. */
  String said(String body) {
    String line = ChatProtocol.complaint(body);
    if (line.equals("(no text)")) {
      return "";
    }
    String shown = settings.token().map(t -> t.redact(line)).orElse(line);
    return shown.length() > SHOWN ? shown.substring(0, SHOWN) + "..." : shown;
  }
}
