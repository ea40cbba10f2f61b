#include "internal/placeless.hpp"

namespace reelcell::pipeline {
namespace {

bool in_path(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '/' || c == '.' || c == '_' ||
         c == '-';
}

/// Every place at which `path` stands as a whole path or begins one.
void replace_path(std::string& text, const std::string& path, const std::string& by) {
  if (path.empty()) return;
  for (std::size_t at = 0; (at = text.find(path, at)) != std::string::npos;) {
    std::size_t end = at + path.size();
    const bool begins = at == 0 || !in_path(text[at - 1]);
    const bool inside = end < text.size() && text[end] == '/';
    const bool whole = end == text.size() || !in_path(text[end]) ||
                       (text[end] == '.' && (end + 1 == text.size() || !in_path(text[end + 1])));
    if (!begins || !(inside || whole)) {
      at = end;
      continue;
    }
    if (inside) ++end;
    const std::string& put = inside ? std::string() : by;
    text.replace(at, end - at, put);
    at += put.size();
  }
}

}  // namespace

std::string placeless(std::string text, const SessionRef& session, const Recipe& recipe) {
  std::error_code error;
  const fs::path folder =
      fs::is_directory(session.path, error) ? session.path : session.path.parent_path();
  for (const fs::path& path : {session.path, folder}) {
    const std::string name = path == folder && path != session.path
                                 ? std::string()
                                 : path.lexically_normal().filename().string();
    // The longest first: a relative path may be the end of an absolute one.
    for (const fs::path& form : {fs::weakly_canonical(path, error), fs::absolute(path, error),
                                 path.lexically_normal(), path}) {
      std::string plain = form.string();
      while (plain.size() > 1 && plain.ends_with('/')) plain.pop_back();
      if (plain != "/") replace_path(text, plain, name.empty() ? session.id : name);
    }
  }
  replace_path(text, recipe.where, "recipe");
  return text;
}

}  // namespace reelcell::pipeline
