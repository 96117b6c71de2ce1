package dev.luthier.data;

import dev.luthier.LuthierException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Chat templates in the styles of published ones, written as Java for tests. */
enum Templates implements AssistantSpans.Renderer {
  /** Header, content, end, newline. */
  CHATML {
    @Override
    public String render(List<Map<String, @Nullable Object>> messages, boolean prompt) {
      StringBuilder out = new StringBuilder();
      for (Map<String, @Nullable Object> m : messages) {
        out.append("<|im_start|>").append(m.get("role")).append('\n');
        out.append(content(m)).append("<|im_end|>\n");
      }
      return out + (prompt ? "<|im_start|>assistant\n" : "");
    }
  },
  /** BOS before each pair, the system prompt inside the first user turn, spaces around answers. */
  LLAMA2 {
    @Override
    public String render(List<Map<String, @Nullable Object>> messages, boolean prompt) {
      StringBuilder out = new StringBuilder();
      String system = "";
      for (Map<String, @Nullable Object> m : messages) {
        if ("system".equals(m.get("role"))) {
          system = "<<SYS>>\n" + content(m) + "\n<</SYS>>\n\n";
        } else if ("user".equals(m.get("role"))) {
          out.append("<s>[INST] ").append(system).append(content(m).strip()).append(" [/INST]");
          system = "";
        } else {
          out.append(' ').append(content(m).strip()).append(" </s>");
        }
      }
      return out.toString();
    }
  },
  /** BOS once, trimmed contents, no newline after the end. */
  LLAMA3 {
    @Override
    public String render(List<Map<String, @Nullable Object>> messages, boolean prompt) {
      StringBuilder out = new StringBuilder("<|begin_of_text|>");
      for (Map<String, @Nullable Object> m : messages) {
        out.append(header(m.get("role"))).append(content(m).strip()).append("<|eot_id|>");
      }
      return out + (prompt ? header("assistant") : "");
    }

    private String header(@Nullable Object role) {
      return "<|start_header_id|>" + role + "<|end_header_id|>\n\n";
    }
  },
  /** The end marker closes assistant turns only; the system prompt goes before the last user. */
  MISTRAL {
    @Override
    public String render(List<Map<String, @Nullable Object>> messages, boolean prompt) {
      StringBuilder out = new StringBuilder("<s>");
      int lastUser = -1;
      String system = "";
      for (int i = 0; i < messages.size(); i++) {
        lastUser = "user".equals(messages.get(i).get("role")) ? i : lastUser;
        system = "system".equals(messages.get(i).get("role")) ? content(messages.get(i)) : system;
      }
      for (int i = 0; i < messages.size(); i++) {
        Map<String, @Nullable Object> m = messages.get(i);
        if ("user".equals(m.get("role"))) {
          String before = i == lastUser && !system.isEmpty() ? system + "\n\n" : "";
          out.append("[INST] ").append(before).append(content(m)).append("[/INST]");
        } else if (m.get("tool_calls") != null) {
          out.append("[TOOL_CALLS] ").append(m.get("tool_calls")).append("</s>");
        } else if ("assistant".equals(m.get("role"))) {
          out.append(' ').append(content(m).stripTrailing()).append("</s>");
        }
      }
      return out.toString();
    }
  },
  /** The end-of-text token closes every turn, user's too. */
  ZEPHYR {
    @Override
    public String render(List<Map<String, @Nullable Object>> messages, boolean prompt) {
      StringBuilder out = new StringBuilder();
      for (Map<String, @Nullable Object> m : messages) {
        out.append("<|").append(m.get("role")).append("|>\n").append(content(m)).append("</s>\n");
      }
      return out + (prompt ? "<|assistant|>\n" : "");
    }
  },
  /** Another name for the assistant, trimmed contents, no system turn. */
  GEMMA {
    @Override
    public String render(List<Map<String, @Nullable Object>> messages, boolean prompt) {
      StringBuilder out = new StringBuilder("<bos>");
      for (Map<String, @Nullable Object> m : messages) {
        if ("system".equals(m.get("role"))) {
          throw new LuthierException("System role not supported");
        }
        Object role = "assistant".equals(m.get("role")) ? "model" : m.get("role");
        out.append("<start_of_turn>").append(role).append('\n');
        out.append(content(m).strip()).append("<end_of_turn>\n");
      }
      return out + (prompt ? "<start_of_turn>model\n" : "");
    }
  },
  /** Keeps reasoning in the last turn only, and opens an empty one where it has none. */
  THINKING {
    @Override
    public String render(List<Map<String, @Nullable Object>> messages, boolean prompt) {
      StringBuilder out = new StringBuilder();
      for (int i = 0; i < messages.size(); i++) {
        Map<String, @Nullable Object> m = messages.get(i);
        String content = content(m);
        String reasoning = "";
        if (content.contains("</think>")) {
          reasoning = content.substring(0, content.indexOf("</think>")).replace("<think>", "");
          content = content.substring(content.lastIndexOf("</think>") + 8);
        }
        out.append("<|im_start|>").append(m.get("role")).append('\n');
        if ("assistant".equals(m.get("role")) && i == messages.size() - 1) {
          out.append("<think>\n").append(reasoning.strip()).append("\n</think>\n\n");
        }
        out.append(content.strip()).append("<|im_end|>\n");
      }
      return out + (prompt ? "<|im_start|>assistant\n" : "");
    }
  },
  /** The last answer is left open. */
  OPEN_END {
    @Override
    public String render(List<Map<String, @Nullable Object>> messages, boolean prompt) {
      StringBuilder out = new StringBuilder("<s>");
      for (int i = 0; i < messages.size(); i++) {
        Map<String, @Nullable Object> m = messages.get(i);
        out.append("<|").append(m.get("role")).append("_start|>").append(content(m));
        if (i < messages.size() - 1 || !"assistant".equals(m.get("role"))) {
          out.append("<|").append(m.get("role")).append("_end|>");
        }
      }
      return out + (prompt ? "<|assistant_start|>" : "");
    }
  },
  /** The next turn's header is all that ends one. */
  NO_END {
    @Override
    public String render(List<Map<String, @Nullable Object>> messages, boolean prompt) {
      StringBuilder out = new StringBuilder("[gMASK]<sop>");
      for (Map<String, @Nullable Object> m : messages) {
        out.append("<|").append(m.get("role")).append("|>\n").append(content(m));
      }
      return out + (prompt ? "<|assistant|>\n" : "");
    }
  },
  /** Tool calls after the content, in the same turn. */
  TOOLS {
    @Override
    public String render(List<Map<String, @Nullable Object>> messages, boolean prompt) {
      StringBuilder out = new StringBuilder();
      for (Map<String, @Nullable Object> m : messages) {
        out.append("<|im_start|>").append(m.get("role"));
        if (!content(m).isEmpty()) {
          out.append('\n').append(content(m));
        }
        if (m.get("tool_calls") instanceof List<?> calls) {
          calls.forEach(c -> out.append("\n<tool_call>\n").append(c).append("\n</tool_call>"));
        }
        out.append("<|im_end|>\n");
      }
      return out + (prompt ? "<|im_start|>assistant\n" : "");
    }
  },
  /** Two markers close an answer, and the answer has a marker of its own before it. */
  TWO_ENDS {
    @Override
    public String render(List<Map<String, @Nullable Object>> messages, boolean prompt) {
      StringBuilder out = new StringBuilder("<BOS>");
      for (Map<String, @Nullable Object> m : messages) {
        boolean answer = "assistant".equals(m.get("role"));
        out.append("<|START|>").append(answer ? "<|BOT|><|RESPONSE|>" : "<|USER|>");
        out.append(content(m)).append(answer ? "<|END_RESPONSE|><|END|>" : "<|END|>");
      }
      return out + (prompt ? "<|START|><|BOT|>" : "");
    }
  },
  /** Prints the next answer's header whether asked or not. */
  EAGER {
    @Override
    public String render(List<Map<String, @Nullable Object>> messages, boolean prompt) {
      StringBuilder out = new StringBuilder("<BOS>");
      for (Map<String, @Nullable Object> m : messages) {
        out.append("<|START|>").append("assistant".equals(m.get("role")) ? "<|BOT|>" : "<|USER|>");
        out.append(content(m)).append("<|END|>");
      }
      return out + "<|START|><|BOT|>";
    }
  },
  /** Leaves a turn of the assistant out where it is not the last. */
  FORGETFUL {
    @Override
    public String render(List<Map<String, @Nullable Object>> messages, boolean prompt) {
      StringBuilder out = new StringBuilder();
      for (int i = 0; i < messages.size(); i++) {
        Map<String, @Nullable Object> m = messages.get(i);
        if (i == messages.size() - 1 || !"assistant".equals(m.get("role"))) {
          out.append('<').append(m.get("role")).append('>').append(content(m)).append("</s>");
        }
      }
      return out.toString();
    }
  };

  static String content(Map<String, @Nullable Object> message) {
    return message.get("content") instanceof String content ? content : "";
  }
}
