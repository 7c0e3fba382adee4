#pragma once

#include <string>

#include "async/task.hpp"

namespace kimbap::pipeline {

/// What a caller's user is asked before a call acts.
struct Question {
    std::string message;
    /// SHA-256 (hexadecimal) over the caller, the action, its arguments, the request that they make
    /// and the message. An answer counts for a question of the same binding alone.
    std::string binding;
};

enum class Answer {
    accepted,
    declined,
    dismissed,   ///< No answer: the question was closed.
    asked,       ///< The question is on its way: the same call comes again with the answer.
    impossible,  ///< Nobody can be asked.
    invalid,     ///< What came is no answer to this question.
};

struct Reply {
    Answer answer = Answer::impossible;
    std::string why = {};  ///< Where impossible or invalid: what would be right.
};

/// Asks the user on whose behalf a caller calls. The answer comes through the caller, which policy
/// guards against, so that it can keep a call from running, but proves nothing to anybody else: it
/// never takes the place of policy or of an operator.
class Asker {
public:
    virtual ~Asker() = default;
    virtual Task<Reply> ask(Question question) = 0;
};

}  // namespace kimbap::pipeline
