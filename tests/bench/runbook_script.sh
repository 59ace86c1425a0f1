#!/bin/bash
# The original's daily_health_check.sh, word for word but for the compose command, the project and the port.
# It prints seven things, judges nothing, and exits 0 whatever it prints.
COMPOSE="${COMPOSE:-docker compose} -p agentv3 -f stack/compose.yaml"

echo "=== Agent-V3 daily health check ==="
echo "time: $(date)"

# 1. services
$COMPOSE ps | grep -v "Exit 0"

# 2. health endpoint
curl -f http://localhost:18000/health || echo "health check failed"

# 3. resources
docker stats --no-stream --format "table {{.Container}}\t{{.CPUPerc}}\t{{.MemUsage}}"

# 4. disk
df -h | grep -E '(Filesystem|/dev/)'

# 5. errors in the log
$COMPOSE logs --tail=100 agent-v3 | grep -i error | tail -10

# 6. databases
$COMPOSE exec -T postgres pg_isready || echo "PostgreSQL is not available"
$COMPOSE exec -T redis redis-cli ping || echo "Redis is not available"

echo "=== done ==="
