package dev.luthier.cli;

import dev.luthier.recipe.Pretrain;
import dev.luthier.recipe.PretrainSettings;
import dev.luthier.recipe.Settings;
import dev.luthier.recipe.demo.Sentence;
import dev.luthier.recipe.demo.SentenceGrammar;
import dev.luthier.train.TrainListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Models and data small enough to be made in a test. */
final class TinyModels {
  private TinyModels() {}

  /** A chat model of two small blocks that has seen two steps of training. */
  static Path pretrained(Path temp) throws IOException {
    Path text = temp.resolve("text.txt");
    SentenceGrammar grammar = new SentenceGrammar(3);
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < 200; i++) {
      out.append(grammar.next().plain()).append(i % 10 == 9 ? "\n<|endoftext|>\n" : " ");
    }
    Files.writeString(text, out);
    Path template = temp.resolve("chat_template.jinja");
    Files.writeString(
        template,
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
            + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}");
    Path model = temp.resolve("base");
    PretrainSettings settings =
        new Settings()
            .set("output=" + model)
            .set("data.train=" + text)
            .set("data.maxLength=128")
            .set("chatTemplate=" + template)
            .set("tokenizer.vocabSize=300")
            .set("model.hiddenSize=32")
            .set("model.intermediateSize=64")
            .set("model.numHiddenLayers=2")
            .set("model.maxPositionEmbeddings=128")
            .set("train.maxSteps=2")
            .bind(PretrainSettings.class);
    Pretrain.run(settings, false, () -> false, new TrainListener() {});
    return model;
  }

  /** Sentences and their Yoda-speak as chats. */
  static Path rows(Path file, int count) throws IOException {
    SentenceGrammar grammar = new SentenceGrammar(4);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Sentence s = grammar.next();
      lines.add(
          "{\"messages\":[{\"role\":\"user\",\"content\":\""
              + s.plain()
              + "\"},{\"role\":\"assistant\",\"content\":\""
              + s.yoda()
              + "\"}]}");
    }
    return Files.write(file, lines);
  }
}
