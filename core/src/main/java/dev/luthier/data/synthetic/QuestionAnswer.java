package dev.luthier.data.synthetic;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * Questions on documents, with answers that the documents give. Each chunk is asked about once per
 * pass.
 *
 * @param documents what is asked about
 * @param asked questions per chunk
 * @param withPassage whether a row's input is the chunk, so that it trains reading; otherwise
 *     question and answer stand alone
 * @param passes how often all chunks are gone through
 */
public record QuestionAnswer(DocumentChunks documents, int asked, boolean withPassage, int passes)
    implements SyntheticTask {
  private static final String PROMPT =
      """
      Below is a passage. Write %d questions that it answers, each with its answer. A question \
      must be understood by someone who does not have the passage: name what it is about, and do \
      not speak of "the passage" or "the text". An answer is complete, rests on the passage alone, \
      and uses its words. Write in the passage's language, in exactly this form and nothing else:

      Question: ...
      Answer: ...

      The passage:

      %s""";

  @Override
  public OptionalInt requests() {
    return OptionalInt.of(Math.multiplyExact(documents.size(), passes));
  }

  @Override
  public Ask ask(int request, List<SeedTask> kept) {
    DocumentChunks.Chunk chunk = documents.chunk(request % documents.size());
    return new Ask(
        PROMPT.formatted(asked, chunk.text()),
        List.of(chunk.source()),
        "",
        (answer, truncated) -> supported(chunk.text(), Answers.pairs(answer, truncated)));
  }

  private List<Draft> supported(String passage, List<Draft> drafts) {
    List<Draft> supported = new ArrayList<>();
    for (Draft draft : drafts) {
      Candidate c = draft.candidate();
      Candidate with =
          new Candidate(c.instruction(), withPassage ? passage : "", c.output(), c.part(), passage);
      supported.add(new Draft(with, draft.fault()));
    }
    return supported;
  }

  @Override
  public List<String> known() {
    return List.of();
  }
}
