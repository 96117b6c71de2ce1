package dev.luthier.hub;

import com.fasterxml.jackson.databind.JsonNode;
import dev.luthier.LuthierException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the hub says about revisions: the commits that they stand for, and the files of a commit.
 */
final class HubTree {
  private static final Pattern NEXT = Pattern.compile("<([^>]+)>\\s*;\\s*rel=\"?next\"?");

  private final HubClient client;

  HubTree(HubClient client) {
    this.client = client;
  }

  private URI revision(HubReference reference) {
    return client.address(
        reference.repo().api() + "/revision/" + HubClient.quotedWhole(reference.revision()));
  }

  /**
   * The commit that a revision stands for now.
   *
   * @throws LuthierException when there is none, saying what is missing
   */
  String commit(HubReference reference) {
    URI address = revision(reference);
    return commit(address, client.get(address, reference));
  }

  /** The same, of a revision that need not be there. */
  Optional<String> commitIfThere(HubReference reference) {
    URI address = revision(reference);
    HubClient.Answer answer =
        client.send(HttpRequest.newBuilder(address).GET(), Set.of(), reference);
    return answer.status() == 200 ? Optional.of(commit(address, answer)) : Optional.empty();
  }

  private static String commit(URI address, HubClient.Answer answer) {
    String commit = answer.body().path("sha").asText();
    if (!HubReference.isCommit(commit)) {
      throw new LuthierException(
          HubClient.shown(address) + " names no commit; does a hub answer at this address?");
    }
    return commit;
  }

  /** All files of a commit, by path; large listings come in pages. */
  List<HubFile> files(HubReference commit) {
    List<HubFile> all = new ArrayList<>();
    Set<URI> read = new HashSet<>();
    Optional<URI> page =
        Optional.of(
            client.address(commit.repo().api() + "/tree/" + commit.revision() + "?recursive=true"));
    while (page.isPresent() && read.add(page.get())) {
      HubClient.Answer answer = client.get(page.get(), commit);
      JsonNode tree = answer.body();
      if (!tree.isArray()) {
        throw new LuthierException(
            HubClient.shown(page.get()) + " lists no files; does a hub answer at this address?");
      }
      all.addAll(HubCache.files(tree));
      page = next(page.get(), answer).filter(client::isHub);
    }
    all.sort(Comparator.comparing(HubFile::path));
    return all;
  }

  private static Optional<URI> next(URI page, HubClient.Answer answer) {
    return answer
        .response()
        .headers()
        .firstValue("Link")
        .map(NEXT::matcher)
        .filter(Matcher::find)
        .map(link -> page.resolve(link.group(1)));
  }
}
