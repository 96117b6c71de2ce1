package dev.luthier.tokenizer.jinja;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code a.b}, {@code a[b]} and {@code a(b)}, by explicit tables; nothing of Java is reachable. */
final class Access {
  /** Attributes of every Python object that templates have been seen to reach for. */
  private static final Set<String> INTERNALS =
      Set.of(
          "__class__",
          "__init__",
          "__doc__",
          "__dict__",
          "__globals__",
          "__len__",
          "__getattribute__",
          "__reduce__",
          "__subclasshook__");

  private Access() {}

  /** {@code owner.name}: an attribute or method first, then a key. */
  static Object attribute(Env env, Object owner, String name) {
    env.step();
    if (owner instanceof Undefined u) {
      throw u.fault();
    }
    Object member = member(env, owner, name);
    if (member != null) {
      return member;
    }
    if (owner instanceof Dict d) {
      Object value = d.getString(name);
      if (value != null) {
        return value;
      }
    }
    return Undefined.member(owner, name);
  }

  /** {@code owner[key]}: an element first, then, for strings, an attribute or method. */
  static Object item(Env env, Object owner, Object key) {
    env.step();
    if (owner instanceof Undefined u) {
      throw u.fault();
    }
    Object value = element(env, owner, key);
    if (value == null && Types.isString(key)) {
      value = member(env, owner, Str.of(env, key));
    }
    return value == null ? Undefined.member(owner, key) : value;
  }

  private static @Nullable Object element(Env env, Object owner, Object key) {
    if (owner instanceof Dict d) {
      return key instanceof List || key instanceof Dict ? null : d.get(env, key);
    }
    if (!(key instanceof Long || key instanceof Boolean)) {
      return null;
    }
    long index = Arith.toLong(key);
    if (owner instanceof List<?> l) {
      return at(l, index);
    }
    if (owner instanceof Tuple t) {
      return at(t.items(), index);
    }
    if (owner instanceof Range r) {
      long i = index < 0 ? index + r.size() : index;
      return i >= 0 && i < r.size() ? (Object) r.get((int) i) : null;
    }
    if (Types.isString(owner)) {
      String s = Str.of(env, owner);
      env.steps(s.length() >> 6);
      int size = Str.length(s);
      long i = index < 0 ? index + size : index;
      return i >= 0 && i < size ? Str.like(owner, Str.charAt(s, (int) i)) : null;
    }
    return null;
  }

  private static @Nullable Object at(List<?> items, long index) {
    long i = index < 0 ? index + items.size() : index;
    return i >= 0 && i < items.size() ? items.get((int) i) : null;
  }

  /** An attribute or bound method; what the sandbox hides is undefined and fails when used. */
  static @Nullable Object member(Env env, Object owner, String name) {
    if (owner instanceof Attributes a) {
      Object value = a.attribute(env, name);
      if (value != null) {
        return value;
      }
    }
    if (owner instanceof Tuple t && t.group() && (name.equals("grouper") || name.equals("list"))) {
      return t.items().get(name.equals("list") ? 1 : 0);
    }
    if (owner instanceof Range r) {
      switch (name) {
        case "start":
          return r.start();
        case "stop":
          return r.stop();
        case "step":
          return r.step();
        default:
          break;
      }
    }
    Methods.Method method = Methods.find(owner, name);
    if (method != null) {
      return (Callable)
          (e, args) -> {
            if (owner instanceof String s) {
              e.scan(s);
            }
            return method.call(e, owner, args);
          };
    }
    boolean hidden = Methods.mutates(owner, name) || INTERNALS.contains(name);
    return hidden ? Undefined.unsafe(owner, name) : null;
  }

  static Object call(Env env, Object target, Args args) {
    if (target instanceof Callable c) {
      return c.call(env, args);
    }
    if (target instanceof Undefined u) {
      throw u.fault();
    }
    throw Fault.type("'" + Types.name(target) + "' object is not callable");
  }
}
