// Bytes that are not what they should be.
#pragma once

#include "setting.h"

namespace seal_nn::sanitize {

// Keys as they are sent, cut short and with other bits in them: refused, or taken and used.
void check_key_bytes(Setting &setting);

} // namespace seal_nn::sanitize
