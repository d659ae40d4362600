// Plaintext: an encoded polynomial. Copies and sizes come from objects.h, its properties from SEAL's own members.
#pragma once

#include <seal/plaintext.h>

#include "objects.h"
