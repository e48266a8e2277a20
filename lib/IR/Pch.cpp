// Carries the precompiled header that all compiler sources share.
#include "moe/Pch.h"
