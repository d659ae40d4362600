// No C++ exception crosses into Rust: cxx calls this around every function whose Rust side returns a Result.
#pragma once

#include <cstdio>
#include <exception>
#include <new>
#include <stdexcept>

namespace rust::behavior {

// The message is the exception's own, behind one letter for its class (src/error/seal.rs reads it). A fixed buffer,
// because a failure to allocate must not lead to another allocation.
template <typename Fail>
void report(Fail &&fail, char letter, const char *what) noexcept {
    char text[256];
    std::snprintf(text, sizeof text, "%c%s", letter, what);
    fail(text);
}

template <typename Try, typename Fail>
void trycatch(Try &&attempt, Fail &&fail) noexcept try {
    attempt();
} catch (const std::invalid_argument &e) {
    report(fail, 'i', e.what());
} catch (const std::out_of_range &e) {
    report(fail, 'o', e.what());
} catch (const std::logic_error &e) {
    report(fail, 'l', e.what());
} catch (const std::runtime_error &e) {
    report(fail, 'r', e.what());
} catch (const std::bad_alloc &e) {
    report(fail, 'b', e.what());
} catch (const std::exception &e) {
    report(fail, 'e', e.what());
} catch (...) {
    report(fail, '?', "not a standard exception");
}

} // namespace rust::behavior
