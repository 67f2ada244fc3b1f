import com.amazonaws.services.dynamodbv2.local.main.ServerRunner;
import com.amazonaws.services.dynamodbv2.local.server.DynamoDBProxyServer;
import java.lang.reflect.Field;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * Runs DynamoDB Local on a free port of the loopback interface and prints that port.
 *
 * <p>Its own launcher listens on every interface and has no option against it, so the
 * connectors of the web server inside are changed before they are opened.
 */
public final class OnLoopback {
  public static void main(String[] args) throws Exception {
    String[] options = {"-inMemory", "-sharedDb", "-disableTelemetry", "-port", "8000"};
    DynamoDBProxyServer dynamo = ServerRunner.createServerFromCommandLineArgs(options);
    Field inside = DynamoDBProxyServer.class.getDeclaredField("server");
    inside.setAccessible(true);
    Connector[] connectors = ((Server) inside.get(dynamo)).getConnectors();
    if (connectors.length != 1) {
      throw new IllegalStateException("one connector was expected, not " + connectors.length);
    }
    ServerConnector only = (ServerConnector) connectors[0];
    only.setHost("127.0.0.1");
    only.setPort(0);
    dynamo.start();
    System.out.println("port " + only.getLocalPort());
    dynamo.join();
  }
}
